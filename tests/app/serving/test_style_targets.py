import shutil
from pathlib import Path

import onnx
import pytest

from app import MODELS
from app.errors import UserError
from app.serving.presets import Presets
from app.serving.runtime import read_metadata
from app.serving.style_targets import read_targets
from tests.damage import DAMAGES
from tests.statistics_fixture import style_statistics
from training.networks.texture_encoder import HEADS
from training.style.shipped_files import ENCODER_FILE, TEXTURE_FILE
from training.style.statistics import TARGETS_FILE, save_statistics


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds the shipped texture encoder."""
    shutil.copy(MODELS / TEXTURE_FILE, tmp_path)
    return tmp_path


def test_the_shipped_ones_are_those_of_all_paintings_among_the_presets() -> None:
    targets = read_targets(MODELS)
    version = read_metadata(MODELS / ENCODER_FILE)["version"]
    presets = Presets.read(MODELS, encoder_version=version, length=256)
    assert set(targets) == {preset.name for preset in presets.of_kind("painting")}
    assert all(
        statistics.width(name) == width
        for statistics in targets.values()
        for name, width in HEADS.items()
    )


def test_another_version_of_the_encoder_is_refused_in_a_sentence(folder: Path) -> None:
    save_statistics(folder / TARGETS_FILE, {"the-cat": style_statistics()}, "0.0")
    with pytest.raises(UserError, match=r"version 0\.0 of the texture encoder.*is loaded"):
        read_targets(folder)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("missing", "is missing"),
        ("cut short", "damaged or cut short"),
        ("a pointer", "run `git lfs pull`"),
    ],
)
def test_a_damaged_texture_encoder_is_named(folder: Path, damage: str, sentence: str) -> None:
    DAMAGES[damage](folder / TEXTURE_FILE)
    with pytest.raises(UserError, match=rf"texture_encoder\.onnx.* {sentence}"):
        read_targets(folder)


def test_a_texture_encoder_that_lacks_its_end_is_named(folder: Path) -> None:
    model = onnx.load(folder / TEXTURE_FILE)
    assert model.metadata_props.pop().key == "version"
    onnx.save(model, folder / TEXTURE_FILE)
    with pytest.raises(UserError, match=r"texture_encoder\.onnx was cut short"):
        read_targets(folder)


def test_a_missing_or_damaged_file_is_refused_in_a_sentence(folder: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_targets(folder)
    (folder / TARGETS_FILE).write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read"):
        read_targets(folder)
