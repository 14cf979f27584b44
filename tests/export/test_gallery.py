import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export import gallery
from training.data import load_picture, scan, split
from training.movements import MOVEMENTS
from training.networks.painter import ENCODER_FILE, STYLIZER_FILE


@pytest.fixture
def folder(random_networks: Path, tmp_path: Path) -> Path:
    for name in (ENCODER_FILE, STYLIZER_FILE):
        shutil.copy(random_networks / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def famous(tmp_path: Path, painting: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two paintings, and the table that says which they are."""
    place = tmp_path / "famous"
    place.mkdir()
    for i, name in enumerate(("one_of_them.jpg", "the_other.jpg")):
        Image.fromarray(np.roll(painting, i, 2)).save(place / name)
    table = tmp_path / "gallery.csv"
    rows = [
        "file,title,artist,year",
        "one_of_them.jpg,One,Ann,1900",
        'the_other.jpg,"Two, too",Bo,',
    ]
    table.write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(gallery, "FACTS", table)
    return place


def test_the_table_names_enough_paintings_completely() -> None:
    lines = gallery.FACTS.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file,title,artist,year"
    assert len(lines) - 1 >= 24
    assert len({line.split(",")[0] for line in lines}) == len(lines)


def test_facts_vectors_and_thumbnails_belong_together(
    folder: Path, famous: Path, folders: tuple[Path, Path]
) -> None:
    networks = gallery.Networks(folder)
    found = gallery.paintings(networks, famous) + gallery.movements(networks, folders[1])
    gallery.write(folder, networks, found)
    facts = json.loads((folder / "styles.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "styles.npy")
    styles = facts["styles"]
    assert facts["encoder_version"] == networks.version
    assert [style["title"] for style in styles] == ["One", "Two, too", *MOVEMENTS]
    assert [style["year"] for style in styles[:2]] == [1900, None]
    assert vectors.shape == (7, 256)
    assert vectors.dtype == np.float16
    for style in styles:
        assert style["rights"]
        with Image.open(folder / style["thumbnail"]) as image:
            assert image.size == (gallery.THUMBNAIL_SIDE, gallery.THUMBNAIL_SIDE)
    first = networks.encode(load_picture(famous / "one_of_them.jpg"))
    np.testing.assert_allclose(vectors[0], first, atol=1e-2)


def test_a_movement_is_the_mean_of_its_training_paintings(
    folder: Path, folders: tuple[Path, Path]
) -> None:
    networks = gallery.Networks(folder)
    (style, vector) = gallery.movements(networks, folders[1])[0]
    each = [
        networks.encode(load_picture(record.path))
        for record in split(scan(folders[1]), [])
        if record.split == "train" and record.movement == style.title
    ]
    np.testing.assert_allclose(vector, np.mean(each, 0), rtol=1e-5, atol=1e-6)
    assert str(len(each)) in style.rights
