"""What ships with the app may be damaged or missing: whoever asks for it is told so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import MODELS
from app.errors import UserError
from app.serving.shipped_assets import ShippedAssets
from tests.damage import DAMAGES, copy_damaged


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("folder", "file", "read"),
    [
        ("map", "map.json", lambda library: library.reference_map),
        ("map", "paintings.csv", lambda library: library.reference_map),
        ("map", "embeddings.npy", lambda library: library.reference_map),
        ("map", "projection.npy", lambda library: library.reference_map),
        ("atlas", "atlas.json", lambda library: library.atlas),
        ("atlas", "movements.webp", lambda library: library.atlas.movement("Cubism")),
        ("atlas", "dictionary.npz", lambda library: library.dictionary),
        ("", "brushwork.json", lambda library: library.averages),
    ],
)
def test_a_damaged_file_is_one_sentence_for_whoever_asks(
    folder: str, file: str, read: Callable[[ShippedAssets], Any], damage: str, tmp_path: Path
) -> None:
    copy_damaged(MODELS / folder, tmp_path / "models" / folder, file, damage)
    library = ShippedAssets(tmp_path / "models", "cpu")
    with pytest.raises(UserError) as told:
        read(library)
    assert str(told.value).endswith(("repository.", "repository's own."))
