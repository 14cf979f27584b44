import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from app import MODELS
from app.errors import UserError
from app.serving.presets import PRESETS_FILE, VECTORS_FILE, Presets, read_targets
from app.serving.runtime import read_metadata
from tests.damage import DAMAGES
from tests.texture_fixture import style_statistics
from training.common.shipped_files import ENCODER_FILE, TEXTURE_FILE
from training.networks.texture_encoder import HEADS
from training.style.statistics import TARGETS_FILE, save_statistics

LENGTH = 8


def entry(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "title": "The Great Wave off Kanagawa",
        "artist": "Katsushika Hokusai",
        "year": 1831,
        "rights": "Public domain",
        "kind": "painting",
        "thumbnail": f"styles/{name}.webp",
    } | changes


def write(folder: Path, entries: list[Any], version: Any = "0.1", **content: Any) -> None:
    (folder / "styles").mkdir(exist_ok=True)
    for each in entries:
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            (folder / "styles" / f"{each['name']}.webp").write_bytes(b"RIFF")
    document = {"encoder_version": version, "styles": entries} | content
    (folder / PRESETS_FILE).write_text(json.dumps(document), encoding="utf-8")
    vectors = np.arange(len(entries) * LENGTH).reshape(len(entries), LENGTH)
    np.save(folder / VECTORS_FILE, vectors.astype(np.float16))


def read(folder: Path) -> Presets:
    return Presets.read(folder, encoder_version="0.1", length=LENGTH)


MOVEMENT = entry("cubism", kind="movement", title="Cubism", artist="", year=None)


def test_presets_come_in_order_with_their_vectors(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave"), MOVEMENT, entry("starry-night-2", title="夜")])
    presets = read(tmp_path)
    assert len(presets) == 3
    assert [preset.name for preset in presets] == ["great-wave", "cubism", "starry-night-2"]
    wave = presets.named("great-wave")
    assert (wave.artist, wave.year, wave.kind) == ("Katsushika Hokusai", 1831, "painting")
    assert wave.thumbnail == tmp_path / "styles" / "great-wave.webp"
    for index, preset in enumerate(presets):
        np.testing.assert_array_equal(preset.vector, np.arange(LENGTH) + LENGTH * index)
        assert preset.vector.dtype == np.float32


def test_vectors_are_read_only(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave")])
    with pytest.raises(ValueError, match="read-only"):
        read(tmp_path).named("great-wave").vector[0] = 9


def test_presets_are_listed_by_kind(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave"), MOVEMENT])
    presets = read(tmp_path)
    assert [preset.name for preset in presets.of_kind("movement")] == ["cubism"]
    assert [preset.name for preset in presets.of_kind("painting")] == ["great-wave"]


def test_an_unknown_name_is_refused_with_a_list_of_names(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave"), MOVEMENT])
    with pytest.raises(
        UserError, match=r"no preset 'wave' here; ask for one of great-wave, cubism"
    ):
        read(tmp_path).named("wave")


def test_another_encoders_presets_are_refused(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave")], version="0.2")
    with pytest.raises(UserError, match=r"version 0\.2 .* version 0\.1 is loaded"):
        read(tmp_path)


def test_two_presets_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave"), entry("great-wave")])
    with pytest.raises(UserError, match="Two presets are called 'great-wave'"):
        read(tmp_path)


@pytest.mark.parametrize("field", ["title", "artist", "rights", "name", "thumbnail", "kind"])
@pytest.mark.parametrize("value", ["", "  ", None, 7, ["x"]])
def test_no_text_may_be_empty(tmp_path: Path, field: str, value: Any) -> None:
    write(tmp_path, [entry("great-wave"), entry("second") | {field: value}])
    with pytest.raises(UserError, match=f"Preset 2 .*{field}"):
        read(tmp_path)


@pytest.mark.parametrize("field", entry("x"))
def test_no_field_may_be_missing_or_unknown(tmp_path: Path, field: str) -> None:
    lacking = {key: value for key, value in entry("great-wave").items() if key != field}
    for wrong in (lacking, entry("great-wave", colour="blue"), lacking | {"x": 1}, "x", []):
        write(tmp_path, [wrong])
        with pytest.raises(UserError, match=r"Preset 1 .* exactly name, title"):
            read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"year": "1831"}, "wrong year"),
        ({"year": 18.5}, "wrong year"),
        ({"year": True}, "wrong year"),
        ({"name": "Great Wave"}, "small letters"),
        ({"name": "../wave"}, "small letters"),
        ({"name": "wave-"}, "small letters"),
        ({"kind": "photo"}, "neither a painting nor a movement"),
        ({"thumbnail": "styles/missing.webp"}, "lacks its thumbnail"),
        ({"thumbnail": "styles.json"}, "WebP thumbnail inside"),
        ({"thumbnail": "../outside.webp"}, "WebP thumbnail inside"),
        ({"thumbnail": "/outside.webp"}, "WebP thumbnail inside"),
    ],
)
def test_invalid_fields_are_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "outside.webp").write_bytes(b"RIFF")
    write(folder, [entry("great-wave")])
    document = {"encoder_version": "0.1", "styles": [entry("great-wave") | changes]}
    (folder / PRESETS_FILE).write_text(json.dumps(document))
    with pytest.raises(UserError, match=problem):
        read(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"styles": []}', '{"encoder_version": "0.1", "styles": []}']
)
def test_an_invalid_list_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, [entry("great-wave")])
    (tmp_path / PRESETS_FILE).write_text(text)
    with pytest.raises(UserError, match="list of presets"):
        read(tmp_path)


@pytest.mark.parametrize("file", [PRESETS_FILE, VECTORS_FILE])
def test_missing_files_are_named(tmp_path: Path, file: str) -> None:
    write(tmp_path, [entry("great-wave")])
    (tmp_path / file).unlink()
    with pytest.raises(UserError, match=file):
        read(tmp_path)


@pytest.mark.parametrize(
    "vectors",
    [
        np.zeros((2, LENGTH), np.float16),
        np.zeros((1, LENGTH + 1), np.float16),
        np.zeros((1, LENGTH), np.float32),
        np.full((1, LENGTH), np.nan, np.float16),
        np.full((1, LENGTH), np.inf, np.float16),
        np.array([None] * LENGTH)[None],  # pickled
    ],
)
def test_vectors_that_do_not_fit_are_refused(tmp_path: Path, vectors: np.ndarray) -> None:
    write(tmp_path, [entry("great-wave")])
    np.save(tmp_path / VECTORS_FILE, vectors)
    with pytest.raises(UserError, match=VECTORS_FILE):
        read(tmp_path)


def test_a_damaged_file_of_vectors_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [entry("great-wave")])
    path = tmp_path / VECTORS_FILE
    for content in (b"", b"text", path.read_bytes()[:-3], b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="cannot be read"):
            read(tmp_path)


# Target statistics for the optimization.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds the shipped texture encoder."""
    shutil.copy(MODELS / TEXTURE_FILE, tmp_path)
    return tmp_path


def test_the_shipped_targets_are_those_of_all_paintings_among_the_presets() -> None:
    targets = read_targets(MODELS)
    version = read_metadata(MODELS / ENCODER_FILE)["version"]
    presets = Presets.read(MODELS, encoder_version=version, length=256)
    assert set(targets) == {preset.name for preset in presets.of_kind("painting")}
    assert all(
        statistics.width(name) == width
        for statistics in targets.values()
        for name, width in HEADS.items()
    )


def test_targets_of_another_texture_encoder_are_refused_in_a_sentence(folder: Path) -> None:
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


def test_a_texture_encoder_without_its_metadata_is_named(folder: Path) -> None:
    model = onnx.load(folder / TEXTURE_FILE)
    assert model.metadata_props.pop().key == "version"
    onnx.save(model, folder / TEXTURE_FILE)
    with pytest.raises(UserError, match=r"texture_encoder\.onnx was cut short"):
        read_targets(folder)


def test_missing_or_damaged_targets_are_refused_in_a_sentence(folder: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_targets(folder)
    (folder / TARGETS_FILE).write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read"):
        read_targets(folder)
