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
from app.serving.runtime import load_network, read_metadata
from tests.damage import LFS_POINTER

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
    """A machine with a GPU but without CUDA's libraries; records what providers were asked for."""
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


@pytest.fixture
def most(tmp_path: Path) -> runtime.Network:
    """A network that needs as much memory as its input takes, for one number."""
    nodes = [
        helper.make_node("Add", ["x", "x"], ["twice"]),
        helper.make_node("ReduceMax", ["twice"], ["most"], keepdims=0),
    ]
    shapes = {"x": ["batch", 2], "most": []}
    x, most = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items())
    graph = helper.make_graph(nodes, "most", [x], [most])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "most.onnx")
    return load_network(tmp_path / "most.onnx", provider="cpu", fixed_shapes=False)


def test_memory_of_a_large_run_is_released_at_once(most: runtime.Network) -> None:
    large = np.ones((2**23, 2), np.float32)
    most.run(x=large[:9])
    before = psutil.Process().memory_info().rss
    most.run(x=large)
    assert psutil.Process().memory_info().rss < before + large.nbytes / 2


def test_memory_of_smaller_runs_is_released_when_no_more_come(
    most: runtime.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = np.ones((2**23, 2), np.float32)
    monkeypatch.setattr(runtime, "LARGE", large.nbytes)
    most.run(x=large[:9])
    before = psutil.Process().memory_info().rss
    most.run(x=large)
    assert psutil.Process().memory_info().rss > before + large.nbytes / 2
    assert not most.release()  # Another one may come soon.
    assert psutil.Process().memory_info().rss > before + large.nbytes / 2
    assert most.release()
    assert not most.release()
    assert psutil.Process().memory_info().rss < before + large.nbytes / 2


def test_outputs_are_given_by_name(double: Path) -> None:
    network = load_network(double, provider="cpu", fixed_shapes=False)
    given = np.array([[1, 2]], np.float32)
    network.warm_up(x=given)
    np.testing.assert_array_equal(network.run(x=given)["twice"], [[2, 4]])
    assert network.metadata["name"] == "double"


def test_there_is_no_notice_where_the_cpu_was_chosen(
    double: Path, gpu_without_libraries: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    network = load_network(double, provider="cpu", fixed_shapes=False)
    assert (network.provider, network.notice) == ("CPU", "")
    assert gpu_without_libraries["providers"] == [runtime.CPU]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.usefixtures("no_gpu")
def test_auto_falls_back_without_a_notice_where_there_is_no_gpu(
    double: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    network = load_network(double, fixed_shapes=False)
    assert (network.provider, network.notice) == ("CPU", "")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_gpu")
def test_cuda_without_a_gpu_gives_a_notice_and_runs_on_the_cpu(
    double: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = load_network(double, provider="cuda", fixed_shapes=False)
    assert network.provider == "CPU"
    assert "no NVIDIA GPU" in network.notice
    assert caplog.messages.count(network.notice) == 1


@pytest.mark.parametrize("provider", ["auto", "cuda"])
def test_a_gpu_without_libraries_gives_a_notice(
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
def test_cudnn_searches_exhaustively_only_for_fixed_shapes(
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
def test_a_required_gpu_is_not_replaced_by_the_cpu(
    double: Path, provider: runtime.Provider
) -> None:
    with pytest.raises(UserError, match="GPU is required"):
        load_network(double, provider=provider, require_gpu=True, fixed_shapes=False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        load_network(tmp_path / "missing.onnx", fixed_shapes=False)


def test_a_file_that_git_lfs_has_not_fetched_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_text(LFS_POINTER)
    for load in (lambda path: load_network(path, fixed_shapes=False), read_metadata):
        with pytest.raises(UserError, match=r"a\.onnx is only .* pointer.* run `git lfs pull`"):
            load(tmp_path / "a.onnx")


def test_a_file_cut_at_any_byte_loads_or_is_refused_in_a_sentence(double: Path) -> None:
    whole = double.read_bytes()
    refused = []
    for length in range(len(whole)):
        double.write_bytes(whole[:length])
        for load in (
            lambda path: load_network(path, provider="cpu", fixed_shapes=True),
            read_metadata,
        ):
            try:
                load(double)
            except UserError as error:
                refused.append(str(error))
    assert len(refused) > 1.8 * len(whole)
    assert all(f"{double} is damaged or cut short" in sentence for sentence in refused)


def test_a_network_for_a_newer_runtime_is_one_sentence(double: Path) -> None:
    model = onnx.load(double)
    model.ir_version = 99
    onnx.save(model, double)
    with pytest.raises(UserError, match=f"newer than ONNX Runtime {ort.__version__} can read"):
        load_network(double, provider="cpu", fixed_shapes=True)


def test_an_error_of_the_gpu_is_not_reported_as_a_damaged_file(
    double: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise runtime.ort_errors.Fail("CUDA failure 2: out of memory")

    monkeypatch.setattr(ort, "InferenceSession", fail)
    with pytest.raises(runtime.ort_errors.Fail, match="out of memory"):
        load_network(double, provider="cpu", fixed_shapes=True)


def test_a_folder_in_place_of_a_network_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").mkdir()
    with pytest.raises(UserError, match=r"a\.onnx is missing"):
        load_network(tmp_path / "a.onnx", fixed_shapes=False)


def test_sessions_use_the_number_of_processors(
    double: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "cpu_threads", lambda: 3)
    network = load_network(double, provider="cpu", fixed_shapes=False)
    assert network.session.get_session_options().intra_op_num_threads == 3
