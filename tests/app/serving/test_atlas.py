# ruff: noqa: F811 - atlas_folder is a fixture
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.serving.atlas import Atlas
from tests.atlas_fixture import TILE, atlas_folder, colour  # noqa: F401
from training.common.depths import CHANNELS
from training.common.movements import MOVEMENTS
from training.common.shipped_files import ATLAS_FILE

SHIPPED = Path(__file__).parents[3] / "onnx_models" / "atlas"


@pytest.fixture
def atlas(atlas_folder: Path) -> Atlas:
    return Atlas.read(atlas_folder / "atlas")


@pytest.fixture
def damaged(atlas_folder: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt."""
    return Path(shutil.copytree(atlas_folder / "atlas", tmp_path / "atlas"))


@pytest.mark.parametrize(
    ("layer", "channel"),
    [
        ("conv2_block6", 0),
        ("conv2_block6", 255),
        ("conv3_block12", 256),
        ("conv4_block24", 17),
        ("conv5_block16", 1023),
    ],
)
def test_a_tile_is_that_of_its_channel(atlas, layer, channel):
    tile = atlas.tile(layer, channel)
    assert tile.shape == (TILE, TILE, 3)
    assert tile.dtype == np.uint8
    assert (tile == colour(layer, channel)).all()


def test_a_channel_has_its_position_on_a_sheet(atlas):
    position = atlas.position("conv4_block24", 2 * 256 + 5 * 16 + 3)
    assert (position.sheet, position.row, position.column) == (2, 5, 3)
    assert position.file.name == "conv4_block24-2.webp"
    assert position.file in atlas.sheets
    assert len(atlas.sheets) == 11


def test_a_sheet_is_decoded_when_first_asked_for_and_only_then(atlas, monkeypatch):
    opened, real = [], Image.open
    monkeypatch.setattr(Image, "open", lambda file: opened.append(Path(file).name) or real(file))
    for channel in (0, 1, 300, 2):
        atlas.tile("conv3_block12", channel)
    assert opened == ["conv3_block12-0.webp", "conv3_block12-1.webp"]


def test_tiles_are_read_only(atlas):
    with pytest.raises(ValueError, match="read-only"):
        atlas.tile("conv2_block6", 0)[:] = 0


def test_movements_have_tiles_too(atlas):
    assert atlas.movements == MOVEMENTS
    assert [int(atlas.movement(name).mean()) for name in MOVEMENTS] == [0, 50, 100, 150, 200]
    assert atlas.movement("Cubism").shape == (8, 8, 3)


def test_unknown_layers_channels_and_movements_are_refused(atlas):
    with pytest.raises(KeyError, match="conv2_block6, conv3_block12"):
        atlas.tile("conv9", 0)
    for channel in (-1, 256):
        with pytest.raises(IndexError, match="0 to 255"):
            atlas.tile("conv2_block6", channel)
    with pytest.raises(KeyError, match="Cubism"):
        atlas.movement("Baroque")


def test_a_missing_atlas_says_how_to_get_one(tmp_path):
    with pytest.raises(UserError, match="atlas of channels is missing; make it with"):
        Atlas.read(tmp_path)


def test_a_missing_sheet_is_named(damaged):
    (damaged / "conv4_block24-3.webp").unlink()
    with pytest.raises(UserError, match=r"lacks its file conv4_block24-3\.webp"):
        Atlas.read(damaged)


@pytest.mark.parametrize("text", ["no json", "[]", "{}", json.dumps({"layers": 3})])
def test_a_damaged_list_is_refused(damaged, text):
    (damaged / ATLAS_FILE).write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        Atlas.read(damaged)


def test_a_damaged_sheet_is_refused_when_it_is_needed(damaged):
    (damaged / "conv3_block12-0.webp").write_bytes(b"no picture")
    Image.new("RGB", (8, 8)).save(damaged / "conv3_block12-1.webp")
    atlas = Atlas.read(damaged)
    with pytest.raises(UserError, match="cannot be read"):
        atlas.tile("conv3_block12", 0)
    with pytest.raises(UserError, match="too small"):
        atlas.tile("conv3_block12", 511)
    assert atlas.tile("conv2_block6", 3).shape == (TILE, TILE, 3)


@pytest.mark.skipif(not (SHIPPED / ATLAS_FILE).exists(), reason="the atlas is not rendered yet")
def test_the_shipped_atlas_has_a_tile_for_every_channel():
    atlas = Atlas.read(SHIPPED)
    assert atlas.layers == CHANNELS
    assert atlas.movements == MOVEMENTS
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 15e6
    tile = atlas.tile("conv3_block12", 300)
    assert tile.shape == (96, 96, 3)
    assert tile.std() > 5
