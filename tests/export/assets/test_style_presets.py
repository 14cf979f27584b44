import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.assets import style_presets
from training.common.movements import MOVEMENTS
from training.common.shipped_files import ENCODER_FILE, PRESETS_FILE, VECTORS_FILE
from training.data import load_picture, scan, split


@pytest.fixture
def folder(random_networks: Path, tmp_path: Path) -> Path:
    shutil.copy(random_networks / ENCODER_FILE, tmp_path / ENCODER_FILE)
    return tmp_path


@pytest.fixture
def famous(tmp_path: Path, painting: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two paintings, and the table that says which they are."""
    place = tmp_path / "famous"
    place.mkdir()
    for i, name in enumerate(("one_of_them.jpg", "the_other.jpg")):
        Image.fromarray(np.roll(painting, i, 2)).save(place / name)
    table = tmp_path / "style_presets.csv"
    rows = [
        "file,title,artist,year",
        "one_of_them.jpg,One,Ann,1900",
        'the_other.jpg,"Two, too",Bo,',
    ]
    table.write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(style_presets, "FACTS", table)
    return place


def test_the_table_names_enough_paintings_completely() -> None:
    lines = style_presets.FACTS.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file,title,artist,year"
    assert len(lines) - 1 >= 24
    assert len({line.split(",")[0] for line in lines}) == len(lines)


def test_facts_and_vectors_belong_together(
    folder: Path, famous: Path, folders: tuple[Path, Path]
) -> None:
    encoder = style_presets.Encoder(folder)
    found = style_presets.paintings(encoder, famous) + style_presets.movements(encoder, folders[1])
    style_presets.write(folder, encoder, found)
    facts = json.loads((folder / PRESETS_FILE).read_text(encoding="utf-8"))
    vectors = np.load(folder / VECTORS_FILE)
    styles = facts["styles"]
    assert facts["encoder_version"] == encoder.version
    assert [style["title"] for style in styles] == ["One", "Two, too", *MOVEMENTS]
    assert [style["year"] for style in styles[:2]] == [1900, None]
    assert vectors.shape == (7, 256)
    assert vectors.dtype == np.float16
    for style in styles:
        assert "our own texture synthesis" in style["rights"]
        assert style["thumbnail"] == f"styles/{style['name']}.webp"
    assert not (folder / "styles").exists()  # swatches are another script's
    first = encoder.encode(load_picture(famous / "one_of_them.jpg"), style_presets.PRESET_SIDE)
    np.testing.assert_allclose(vectors[0], first, atol=1e-2)


def test_movements_are_made_of_their_training_paintings_alone(
    folder: Path, folders: tuple[Path, Path]
) -> None:
    encoder = style_presets.Encoder(folder)
    found = style_presets.movements(encoder, folders[1])
    train = [record for record in split(scan(folders[1]), []) if record.split == "train"]
    paintings = [
        np.stack(
            [
                encoder.encode(load_picture(r.path), style_presets.COLLECTION_SIDE)
                for r in train
                if r.movement == movement
            ]
        )
        for movement in MOVEMENTS
    ]
    np.testing.assert_allclose(
        np.stack([vector for _, vector in found]), style_presets.emphasised(paintings), rtol=1e-5
    )
    for (style, _), each in zip(found, paintings, strict=True):
        assert str(len(each)) in style.rights


def test_movement_vectors_differ_however_close_their_means_are():
    rng = np.random.default_rng(0)
    single = rng.standard_normal((5, 400, 16)).astype(np.float32)
    offsets = rng.standard_normal((5, 1, 16)).astype(np.float32) * 0.02
    vectors = style_presets.emphasised(list(single + offsets))
    means = (single + offsets).mean(1)
    away = means - means.mean(0)
    from_centre = vectors - means.mean(0)
    lengths = np.linalg.norm(from_centre, axis=1)
    spread = np.linalg.norm((single + offsets).reshape(-1, 16) - means.mean(0), axis=1).mean()
    np.testing.assert_allclose(lengths, style_presets.EMPHASIS * spread, rtol=1e-4)
    cosines = (away * from_centre).sum(1) / np.linalg.norm(away, axis=1) / lengths
    np.testing.assert_allclose(cosines, 1, rtol=1e-4)
