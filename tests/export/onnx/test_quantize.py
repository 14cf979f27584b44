import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.assets import pictures
from export.onnx import quantize
from export.onnx.quantize import Verdict
from export.onnx.session import cpu_session
from training.common.preprocessing import six_views
from training.data import Record, write_manifest


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Two pictures as if they were paintings: one to calibrate on, one to test on."""
    folder = tmp_path_factory.mktemp("paintings")
    found = []
    for split, picture in zip(("train", "test"), pictures.bundled(), strict=False):
        path = folder / f"{split}.png"
        Image.fromarray(picture).resize((160, 120)).save(path)
        found.append(Record(str(path), "Cubism", split=split))
    return found


@pytest.fixture(scope="module")
def quantized(
    exported: Path, records: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("quantized") / "int8.onnx"
    quantize.quantize(exported, path, records[:1])
    return path


@pytest.fixture
def command(
    records: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """The command line, with a quantisation that costs nothing; gives both files."""
    write_manifest(tmp_path / "manifest.csv", records)
    original, target = tmp_path / "fp32.onnx", tmp_path / "int8.onnx"
    names = [str(original), str(target), str(tmp_path / "manifest.csv")]
    monkeypatch.setattr(sys, "argv", ["quantize", *names])
    monkeypatch.setattr(quantize, "quantize", lambda _, path, __: path.write_text("int8"))
    return original, target


def test_the_quantized_file_has_the_same_inputs_outputs_and_metadata(
    quantized: Path, exported: Path
) -> None:
    ours, theirs = cpu_session(quantized), cpu_session(exported)
    for mine, other in (
        (ours.get_inputs(), theirs.get_inputs()),
        (ours.get_outputs(), theirs.get_outputs()),
    ):
        assert [(put.name, put.type, put.shape) for put in mine] == [
            (put.name, put.type, put.shape) for put in other
        ]
    metadata = theirs.get_modelmeta().custom_metadata_map
    assert ours.get_modelmeta().custom_metadata_map == metadata


def test_quantized_embeddings_are_nearly_the_same(quantized: Path, exported: Path) -> None:
    views = six_views(pictures.bundled()[0])[0]
    ours, theirs = (
        cpu_session(path).run(["embedding"], {"image": views})[0] for path in (quantized, exported)
    )
    cosine = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosine.min() > 0.98


def test_quantized_maps_still_add_up_to_the_logits(quantized: Path) -> None:
    loaded = cpu_session(quantized)
    views = six_views(pictures.bundled()[0])[0]
    logits, cam = loaded.run(["logits", "cam"], {"image": views})
    bias = json.loads(loaded.get_modelmeta().custom_metadata_map["bias"])
    np.testing.assert_allclose(cam.mean((2, 3)) + bias, logits, atol=1e-4)


def test_the_quantized_file_is_smaller(quantized: Path, exported: Path) -> None:
    assert quantized.stat().st_size < 0.7 * exported.stat().st_size


def test_agreement_is_the_share_of_equal_verdicts(exported: Path, records: list[Record]) -> None:
    verdict = quantize.compare(exported, exported, records, threads=1, runs=1)
    assert (verdict.agreement, verdict.paintings) == (1.0, 2)


@pytest.mark.parametrize(
    ("agreement", "speed_up", "worth_it"),
    [(0.99, 1.5, True), (0.989, 3.0, False), (1.0, 1.49, False)],
)
def test_a_quantized_file_is_written_only_if_it_is_worth_it(
    command: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    agreement: float,
    speed_up: float,
    worth_it: bool,
) -> None:
    _, target = command
    monkeypatch.setattr(quantize, "compare", lambda *_: Verdict(agreement, 100, speed_up))
    quantize.main()
    assert target.exists() is worth_it
    assert f"{speed_up:.2f} times" in capsys.readouterr().out
    assert not list(target.parent.glob("*.partial"))
