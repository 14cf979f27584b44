"""Shipped files may be damaged or missing: users get a sentence."""

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
        ("map", "map.json", lambda assets: assets.reference_map),
        ("map", "paintings.csv", lambda assets: assets.reference_map),
        ("map", "embeddings.npy", lambda assets: assets.reference_map),
        ("map", "projection.npy", lambda assets: assets.reference_map),
        ("atlas", "atlas.json", lambda assets: assets.atlas),
        ("atlas", "movements.webp", lambda assets: assets.atlas.movement("Cubism")),
        ("atlas", "dictionary.npz", lambda assets: assets.dictionary),
        ("", "brushwork.json", lambda assets: assets.averages),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence_when_it_is_used(
    folder: str, file: str, read: Callable[[ShippedAssets], Any], damage: str, tmp_path: Path
) -> None:
    copy_damaged(MODELS / folder, tmp_path / "models" / folder, file, damage)
    assets = ShippedAssets(tmp_path / "models", "cpu")
    with pytest.raises(UserError) as error:
        read(assets)
    assert str(error.value).endswith(("repository.", "repository's own."))
