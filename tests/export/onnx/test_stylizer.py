import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from export.onnx import stylizer as exporter
from export.onnx.graph import IR_VERSION
from export.onnx.session import ParityError, cpu_session
from export.onnx.stylizer import ServedStylizer, check, export
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.networks.style_transfer import StyleTransfer
from training.networks.styled_layers import STYLE_CHANNELS

Session = ort.InferenceSession


@pytest.fixture(scope="module")
def sessions(random_networks: Path) -> tuple[Session, Session]:
    return cpu_session(random_networks / ENCODER_FILE), cpu_session(random_networks / STYLIZER_FILE)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


def vectors(count: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, STYLE_CHANNELS), dtype=np.float32)


@pytest.mark.parametrize("size", [(16, 16), (16, 257), (37, 53), (64, 96), (501, 33)])
def test_the_painted_picture_has_the_size_of_its_input(
    sessions: tuple[Session, Session], size: tuple[int, int]
) -> None:
    image = noise(2, *size)
    picture = sessions[1].run(["picture"], {"image": image, "style": vectors(2)})[0]
    assert picture.shape == image.shape
    assert picture.dtype == np.uint8


def test_shapes_are_symbolic(sessions: tuple[Session, Session]) -> None:
    encoder, stylizer = sessions
    for session in (encoder, stylizer):
        batch, height, width, channels = session.get_inputs()[0].shape
        assert all(isinstance(name, str) for name in (batch, height, width))
        assert channels == 3
    assert stylizer.get_outputs()[0].shape == ["batch", "height", "width", 3]
    assert [entry.name for entry in stylizer.get_inputs()] == ["image", "style"]


def test_statistics_may_be_given(sessions: tuple[Session, Session]) -> None:
    stylizer = sessions[1]
    image, style = noise(1, 64, 64), vectors(1)
    whole, statistics = stylizer.run(None, {"image": image, "style": style})
    half = {"image": image[:, :32] // 3, "style": style}
    alone = stylizer.run(["picture"], half)[0]
    optional = {"given": statistics, "share": np.ones(1, np.float32)}
    guided = stylizer.run(["picture"], {**half, **optional})[0]
    ignored = stylizer.run(["picture"], {**half, "given": statistics})[0]
    again = stylizer.run(["picture"], {"image": image, "style": style, **optional})[0]
    assert np.abs(guided.astype(int) - alone).max() > 1
    np.testing.assert_array_equal(ignored, alone)
    assert np.abs(again.astype(int) - whole).max() <= 1


def test_files_are_small_and_have_metadata(random_networks: Path) -> None:
    sizes = [(random_networks / name).stat().st_size for name in (ENCODER_FILE, STYLIZER_FILE)]
    assert sum(sizes) < 24e6
    for name in (ENCODER_FILE, STYLIZER_FILE):
        model = onnx.load(random_networks / name)
        entries = {entry.key: entry.value for entry in model.metadata_props}
        assert entries["version"]
        assert entries["license"] == "MIT"
        assert json.loads(entries["opset"]) == model.opset_import[0].version
        assert model.ir_version == IR_VERSION
        assert b"/work" not in model.SerializeToString()


@pytest.mark.usefixtures("small_networks")
def test_a_wrong_graph_is_refused(random_networks: Path) -> None:
    files = [(random_networks / name).read_bytes() for name in (ENCODER_FILE, STYLIZER_FILE)]
    torch.manual_seed(5)
    other = StyleTransfer().eval()
    with pytest.raises(ParityError):
        check(other, *files, noise(400, 400))


def test_serving_rounds_to_the_nearest_level() -> None:
    torch.manual_seed(0)
    network = StyleTransfer().eval()
    image = torch.from_numpy(noise(1, 24, 24))
    style = torch.from_numpy(vectors(1))
    with torch.inference_mode():
        statistics = network.stylizer(torch.rand(1, 3, 24, 24), style)[1]
        zeros = torch.zeros_like(statistics), torch.zeros(1)
        served = ServedStylizer(network.stylizer)(image, style, *zeros)[0]
        exact = network.stylizer(image.permute(0, 3, 1, 2) / 255, style)[0] * 255
    torch.testing.assert_close(served.permute(0, 3, 1, 2).float(), exact.round(), atol=0.51, rtol=0)


def test_export_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> dict[str, float]:
        raise ParityError("no")

    for name in ("encoder_graph", "stylizer_graph"):  # which take long, and are not what is asked
        monkeypatch.setattr(exporter, name, lambda *_: onnx.ModelProto())
    monkeypatch.setattr(exporter, "check", refuse)
    with pytest.raises(ParityError):
        export(StyleTransfer().eval(), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
