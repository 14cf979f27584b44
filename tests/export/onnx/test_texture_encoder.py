import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from export.onnx import texture_encoder as exporter
from export.onnx.graph import IR_VERSION
from export.onnx.session import ParityError, cpu_session
from export.onnx.texture_encoder import check, export
from tests.texture_fixture import random_encoder
from training.common.shipped_files import TEXTURE_FILE
from training.networks.texture_encoder import (
    HEADS,
    TextureEncoder,
    load_texture_encoder,
)


@pytest.fixture
def exported(texture_folder: Path) -> Path:
    return texture_folder / TEXTURE_FILE


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(16, 16), (37, 53), (64, 301)])
def test_maps_of_any_size_are_pytorchs(exported: Path, size: tuple[int, int]) -> None:
    session = cpu_session(exported)
    assert session.get_inputs()[0].shape == ["batch", "height", "width", 3]
    assert [output.name for output in session.get_outputs()] == list(HEADS)
    assert [output.shape[1] for output in session.get_outputs()] == list(HEADS.values())
    image = noise(2, *size)
    encoder, _ = load_texture_encoder(exported)
    with torch.inference_mode():
        expected = encoder(torch.from_numpy(image).permute(0, 3, 1, 2) / 255)
    for name, found in zip(HEADS, session.run(None, {"image": image}), strict=True):
        np.testing.assert_allclose(found, expected[name].numpy(), atol=1e-4)


def test_the_weights_are_read_back_as_they_are_served(exported: Path) -> None:
    encoder, _ = load_texture_encoder(exported)
    for name, value in random_encoder().state_dict().items():
        stored = value.half().float() if value.ndim == 4 else value
        torch.testing.assert_close(encoder.state_dict()[name], stored, rtol=0, atol=0)


def test_the_file_is_small_and_has_metadata(exported: Path) -> None:
    assert exported.stat().st_size < 3e6
    model = onnx.load(exported)
    entries = {entry.key: entry.value for entry in model.metadata_props}
    assert entries["name"] == "Deep Brush texture encoder"
    assert entries["license"] == "MIT"
    assert json.loads(entries["training"]) == {"steps": 3}
    assert json.loads(entries["opset"]) == model.opset_import[0].version
    assert model.ir_version == IR_VERSION
    assert b"/work" not in exported.read_bytes()


def test_other_files_than_the_encoder_are_refused(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ParityError):
        check(TextureEncoder().eval(), exported.read_bytes(), noise(400, 400))
    monkeypatch.setattr(exporter, "check", lambda *_: pytest.fail("too late"))
    with pytest.raises(ValueError, match=r"no convolutions\.relu1_1\.bias"):
        export(TextureEncoder(), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
