"""The one place that makes ONNX Runtime sessions, and says which processor really runs them."""

import contextlib
import ctypes
import io
import logging
import math
import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort

from app.errors import UserError

logger = logging.getLogger(__name__)

Provider = Literal["auto", "cuda", "cpu"]

ERRORS = 3  # ONNX Runtime's scale of severity.

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True)
class Network:
    """A loaded network.

    Attributes:
        session: the ONNX Runtime session; safe to run from several threads at once.
        metadata: what the exporter wrote into the file.
        notice: why CUDA does not run although it was asked for or a GPU is there; else empty.
    """

    session: ort.InferenceSession
    metadata: dict[str, str]
    notice: str = ""

    @property
    def provider(self) -> str:
        """What runs it, "CUDA" or "CPU": asked each time, for a session may fall back mid-life."""
        return "CUDA" if self.session.get_providers()[0] == CUDA else "CPU"

    def run(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs by name for inputs by name."""
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, inputs), strict=True))

    def warm_up(self, **inputs: np.ndarray) -> None:
        """Run once, so that the first visitor does not wait for allocations and cuDNN's search."""
        start = time.perf_counter()
        self.run(**inputs)
        logger.info("warm-up on %s: %.0f ms", self.provider, 1e3 * (time.perf_counter() - start))


def load_network(
    path: str | os.PathLike[str],
    *,
    provider: Provider = "auto",
    require_gpu: bool = False,
    fixed_shapes: bool,
    threads: int | None = None,
) -> Network:
    """Load an ONNX file onto the processor that was asked for, or say why another one runs it.

    Args:
        path: the `.onnx` file.
        provider: "auto" takes CUDA where a GPU is found and quietly the CPU elsewhere; "cuda" takes
            the CPU too if CUDA does not load, but says why in the log and in `notice`.
        require_gpu: raise instead of falling back to the CPU.
        fixed_shapes: whether inputs keep their size from call to call. Then cuDNN's exhaustive
            search for the fastest convolution, once per shape, pays.
        threads: that compute one call on the CPU; by default one for each processor.

    Raises:
        UserError: the file is missing, or `require_gpu` is set and CUDA does not run.
    """
    check_shipped(path)
    obstacle = _obstacle_to_cuda(provider)
    threads = threads or cpu_threads()
    cuda = not obstacle
    session, complaint = _session(path, cuda=cuda, fixed_shapes=fixed_shapes, threads=threads)
    if session.get_providers()[0] != CUDA:
        obstacle = obstacle or complaint
        if require_gpu:
            raise UserError(f"A GPU is required, but CUDA does not run: {obstacle}.")
        wanted = provider == "cuda" or (provider == "auto" and count_gpus() > 0)
        notice = f"CUDA does not run: {obstacle}. The CPU is used instead." if wanted else ""
    else:
        notice = ""
    network = Network(session, dict(session.get_modelmeta().custom_metadata_map), notice)
    if notice:
        logger.warning(notice)
    logger.info("%s runs on %s, %d threads", Path(path).name, network.provider, threads)
    return network


def check_shipped(path: str | os.PathLike[str]) -> None:
    """UserError if a network's file is not there."""
    if not Path(path).is_file():
        raise UserError(f"The network {os.fspath(path)} is missing; fetch the whole repository.")


def read_metadata(path: Path) -> dict[str, str]:
    """What the exporter wrote into an ONNX file that need not be run.

    Raises:
        UserError: the file is missing.
    """
    check_shipped(path)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = ERRORS
    session = ort.InferenceSession(path, options, providers=[CPU])
    return dict(session.get_modelmeta().custom_metadata_map)


@cache
def count_gpus() -> int:
    """GPUs that NVIDIA's driver offers to this process.

    The driver is asked itself: it needs no CUDA libraries, answers at once where it is missing, and
    a provider in `onnxruntime.get_available_providers()` only means that it was compiled in.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    return count.value if found else 0


def cpu_threads() -> int:
    """Processors that this process may use: its affinity mask, less what a container's quota cuts.

    The host's own count is wrong in a container, and too many threads wait for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        threads = len(os.sched_getaffinity(0))
    else:  # macOS and Windows
        threads = os.cpu_count() or 1
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
    except (OSError, ValueError):
        return threads
    return threads if quota == "max" else max(1, min(threads, math.ceil(int(quota) / int(period))))


def _obstacle_to_cuda(provider: Provider) -> str:
    """Why CUDA is not even worth trying; empty if it is."""
    if provider == "cpu":
        return "the CPU was chosen"
    if count_gpus() == 0:
        return "no NVIDIA GPU, or no driver for it, was found on this machine"
    if CUDA not in ort.get_available_providers():
        return "onnxruntime was built without CUDA here; put onnxruntime-gpu in its place"
    return ""


def _session(
    path: str | os.PathLike[str], *, cuda: bool, fixed_shapes: bool, threads: int
) -> tuple[ort.InferenceSession, str]:
    """A session, and what ONNX Runtime said while it tried to load CUDA."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS  # it warns of every input that may be left out
    if not cuda:
        return ort.InferenceSession(path, options, providers=[CPU]), ""
    search = "EXHAUSTIVE" if fixed_shapes else "HEURISTIC"
    providers: list[Any] = [(CUDA, {"cudnn_conv_algo_search": search}), CPU]
    # ONNX Runtime prints its reasons (a missing library, an unfit driver) instead of raising them.
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        if hasattr(ort, "preload_dlls"):
            ort.preload_dlls()
        session = ort.InferenceSession(path, options, providers=providers)
    said = " ".join(printed.getvalue().split()).rstrip(".")
    return session, said or "ONNX Runtime could not load it, see the log above"
