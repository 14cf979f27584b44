import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import psutil
import pytest
from onnx import TensorProto, helper

from app.errors import UserError
from app.serving import runtime
from app.serving.runtime import cpu_threads, load_network

NO_LIBRARY = "Failed to load libcublasLt.so.13: no such file"


@pytest.fixture
def double(tmp_path: Path) -> Path:
    """A network that adds its input to itself."""
    shape = ["batch", 2]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["twice"])],
        "double",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("twice", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"name": "double"})
    onnx.save(model, tmp_path / "double.onnx")
    return tmp_path / "double.onnx"


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "count_gpus", lambda: 0)


@pytest.fixture
def gpu_without_libraries(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A machine with a GPU on which CUDA's libraries are missing; keeps what was asked for."""
    asked: dict[str, Any] = {}
    make = ort.InferenceSession

    def fall_back(path: Path, options: ort.SessionOptions, providers: list[Any]) -> Any:
        asked["providers"] = providers
        return make(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(runtime, "count_gpus", lambda: 1)
    monkeypatch.setattr(ort, "get_available_providers", lambda: [runtime.CUDA, runtime.CPU])
    monkeypatch.setattr(ort, "preload_dlls", lambda: print(NO_LIBRARY), raising=False)
    monkeypatch.setattr(ort, "InferenceSession", fall_back)
    return asked


def test_what_a_large_picture_needed_is_handed_back(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Add", ["x", "x"], ["twice"]),
        helper.make_node("ReduceMax", ["twice"], ["most"], keepdims=0),
    ]
    shapes = {"x": ["batch", 2], "most": []}
    x, most = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items())
    graph = helper.make_graph(nodes, "most", [x], [most])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "most.onnx")
    network = load_network(tmp_path / "most.onnx", provider="cpu", fixed_shapes=False)
    large = np.ones((2**23, 2), np.float32)
    network.run(x=large[:9])
    before = psutil.Process().memory_info().rss
    network.run(x=large)
    assert psutil.Process().memory_info().rss < before + large.nbytes / 2


def test_runs_and_gives_outputs_by_name(double: Path) -> None:
    network = load_network(double, provider="cpu", fixed_shapes=False)
    given = np.array([[1, 2]], np.float32)
    network.warm_up(x=given)
    np.testing.assert_array_equal(network.run(x=given)["twice"], [[2, 4]])
    assert network.metadata["name"] == "double"


def test_the_cpu_is_no_cause_for_remarks_where_it_was_chosen(
    double: Path, gpu_without_libraries: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    network = load_network(double, provider="cpu", fixed_shapes=False)
    assert (network.provider, network.notice) == ("CPU", "")
    assert gpu_without_libraries["providers"] == [runtime.CPU]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.usefixtures("no_gpu")
def test_auto_falls_back_quietly_without_a_gpu(
    double: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network = load_network(double, fixed_shapes=False)
    assert (network.provider, network.notice) == ("CPU", "")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_gpu")
def test_cuda_without_a_gpu_says_why_and_goes_on(
    double: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = load_network(double, provider="cuda", fixed_shapes=False)
    assert network.provider == "CPU"
    assert "no NVIDIA GPU" in network.notice
    assert caplog.messages.count(network.notice) == 1


@pytest.mark.parametrize("provider", ["auto", "cuda"])
def test_a_gpu_that_does_not_load_says_why(
    double: Path,
    gpu_without_libraries: dict[str, Any],
    provider: runtime.Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    network = load_network(double, provider=provider, fixed_shapes=False)
    assert network.provider == "CPU"
    assert NO_LIBRARY in network.notice
    assert capsys.readouterr().out == ""  # ONNX Runtime prints it; the log is the place for it


@pytest.mark.parametrize(("fixed", "search"), [(True, "EXHAUSTIVE"), (False, "HEURISTIC")])
def test_cudnn_searches_thoroughly_only_where_shapes_are_fixed(
    double: Path, gpu_without_libraries: dict[str, Any], fixed: bool, search: str
) -> None:
    load_network(double, provider="cuda", fixed_shapes=fixed)
    (cuda, options), cpu = gpu_without_libraries["providers"]
    assert (cuda, cpu) == (runtime.CUDA, runtime.CPU)
    assert options["cudnn_conv_algo_search"] == search


def test_a_build_without_cuda_is_named(double: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "count_gpus", lambda: 1)
    monkeypatch.setattr(ort, "get_available_providers", lambda: [runtime.CPU])
    assert "onnxruntime-gpu" in load_network(double, fixed_shapes=False).notice


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("provider", ["auto", "cuda", "cpu"])
def test_a_required_gpu_is_never_replaced(double: Path, provider: runtime.Provider) -> None:
    with pytest.raises(UserError, match="GPU is required"):
        load_network(double, provider=provider, require_gpu=True, fixed_shapes=False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        load_network(tmp_path / "missing.onnx", fixed_shapes=False)


@pytest.mark.parametrize(
    ("quota", "threads"),
    [("max 100000", 8), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1), ("?", 8)],
)
def test_threads_follow_the_containers_quota(
    quota: str, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(runtime, "CGROUP_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(runtime.os, "sched_getaffinity", lambda _: range(8), raising=False)
    assert cpu_threads() == threads


def test_sessions_use_those_threads(double: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "cpu_threads", lambda: 3)
    network = load_network(double, provider="cpu", fixed_shapes=False)
    assert network.session.get_session_options().intra_op_num_threads == 3
