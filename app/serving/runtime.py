"""The one place that makes ONNX Runtime sessions, and says which processor really runs them."""

import contextlib
import ctypes
import io
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.errors import UserError
from app.serving import memory
from training.common.files import check_fetched

ort.disable_telemetry_events()  # Windows knows no variable for it; see `training/__init__.py`.

logger = logging.getLogger(__name__)

Provider = Literal["auto", "cuda", "cpu"]

ERRORS = 3  # ONNX Runtime's scale of severity.

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")

UNLOADABLE = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
)
"""What ONNX Runtime raises for a file that is damaged, or newer than itself."""

LARGE = 3 * 2**20
"""Bytes of input, 3 to a pixel, beyond which a run hands its memory back when it has ended."""


@dataclass
class _Runs:
    """What is known of a network's runs.

    Attributes:
        size: bytes of the inputs of the smallest.
        smallest: inputs and outputs as that one had them, blank. One value, and never changed, as
            other threads may count runs while `Network.release` lets ONNX Runtime write into it.
        recent: whether there was one since `Network.release` was last called.
        holding: whether memory may be held of one.
    """

    size: float = math.inf
    smallest: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    recent: bool = False
    holding: bool = False

    def count(
        self, size: int, inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
    ) -> None:
        """Count one more, and remember its shapes if it was smaller than all before."""
        if size < self.size:
            self.size = size
            self.smallest = _blank(inputs), _blank(outputs)
        self.recent = self.holding = True


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
    _runs: _Runs = field(default_factory=_Runs, init=False, repr=False, compare=False)

    @property
    def provider(self) -> str:
        """What runs it, "CUDA" or "CPU": asked each time, for a session may fall back mid-life."""
        return "CUDA" if self.session.get_providers()[0] == CUDA else "CPU"

    def run(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs by name for inputs by name.

        ONNX Runtime keeps what a run needed, for the next one of that size. Of a large picture it
        is hundreds of megabytes, and no other has its size; of a small one, keeping it is quicker,
        until no more come: see `release`.
        """
        names = [output.name for output in self.session.get_outputs()]
        size = sum(values.nbytes for values in inputs.values())
        given = self.session.run(names, inputs, _shrinking() if size > LARGE else None)
        # Copies: what ONNX Runtime gives lies in memory of its own, and would keep a region of it.
        outputs = {name: values.copy() for name, values in zip(names, given, strict=True)}
        self._runs.count(size, inputs, outputs)
        return outputs

    def release(self) -> bool:
        """Hand back what ONNX Runtime keeps of earlier runs, if none came since the last call.

        The smallest run is run again, with its outputs in memory of our own: in ONNX Runtime's they
        would keep a whole region of it.

        Returns:
            Whether there may have been something to hand back.
        """
        runs = self._runs
        if runs.recent or not runs.holding or self.provider != "CPU":
            runs.recent = False
            return False
        runs.holding = False
        inputs, outputs = runs.smallest  # Held here until the run has ended.
        binding = self.session.io_binding()
        for name, values in inputs.items():
            binding.bind_cpu_input(name, values)
        for name, values in outputs.items():
            binding.bind_output(name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
        self.session.run_with_iobinding(binding, _shrinking())
        return True

    def warm_up(self, **inputs: np.ndarray) -> None:
        """Run once, so that the first visitor does not wait for allocations and cuDNN's search."""
        start = time.perf_counter()
        self.run(**inputs)
        logger.info("warm-up on %s: %.0f ms", self.provider, 1e3 * (time.perf_counter() - start))


def _blank(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.zeros_like(each, order="C") for name, each in values.items()}


def _shrinking() -> ort.RunOptions:
    options = ort.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


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
        UserError: the file is missing or damaged, or `require_gpu` is set and CUDA does not run.
    """
    check_shipped(path)
    obstacle = _obstacle_to_cuda(provider)
    threads = threads or cpu_threads()
    cuda = not obstacle
    with _damage_in_words(path):
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
    memory.ask_to_release(network.release)
    if notice:
        logger.warning(notice)
    logger.info("%s runs on %s, %d threads", Path(path).name, network.provider, threads)
    return network


def check_shipped(path: str | os.PathLike[str]) -> None:
    """UserError if a network's file is not there, or only Git LFS's pointer to it."""
    if not Path(path).is_file():
        raise UserError(f"The network {os.fspath(path)} is missing; fetch the whole repository.")
    try:
        check_fetched(Path(path))
    except OSError as error:
        reason = (error.strerror or "for an unknown reason").lower()
        raise UserError(f"The network {os.fspath(path)} cannot be read ({reason}).") from error


def read_metadata(path: Path) -> dict[str, str]:
    """What the exporter wrote into an ONNX file that need not be run.

    Raises:
        UserError: the file is missing or damaged.
    """
    check_shipped(path)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = ERRORS
    with _damage_in_words(path):
        session = ort.InferenceSession(path, options, providers=[CPU])
    return dict(session.get_modelmeta().custom_metadata_map)


@contextlib.contextmanager
def _damage_in_words(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say in a sentence that ONNX Runtime can make nothing of a file."""
    try:
        yield
    except UNLOADABLE as error:
        if "Load model" not in str(error):  # It was loaded, and a GPU, say, has failed since.
            raise
        logger.info("%s: %s", path, error)
        raise UserError(
            f"The network {os.fspath(path)} is damaged or cut short, or newer than ONNX Runtime"
            f" {ort.__version__} can read; fetch it again."
        ) from error


@cache
def count_gpus() -> int:
    """GPUs that NVIDIA's driver offers to this process.

    The driver is asked itself: it needs no CUDA libraries, answers at once where it is missing, and
    a provider in `onnxruntime.get_available_providers()` only means that it was compiled in.
    """
    if os.environ.get("SPACES_ZERO_GPU"):  # Lent to forked processes, which a driver in use breaks.
        return 0
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
    return max(1, math.ceil(min([threads, *_cpu_quotas()])))


def _cpu_quotas() -> Iterator[float]:
    """What each of this process's control groups grants it, in processors.

    Version 2 has one tree of groups, version 1 one for each resource; a process is subject to the
    quotas of its own group and of all above it. See the kernel's cgroup-v2.rst and sched-bwc.rst.
    """
    try:
        lines = OWN_CGROUPS.read_text().splitlines()  # such as "4:cpu,cpuacct:/docker/1f"
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, files = CGROUPS, ["cpu.max"]
        elif "cpu" in controllers.split(","):
            root, files = CGROUPS / "cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        own = root / path.strip("/")
        for group in (own, *own.parents):
            # In a container its own group may be shown as the root, and not by the name it has.
            with contextlib.suppress(OSError, ValueError):
                quota, period = "".join((group / file).read_text() for file in files).split()
                if quota not in ("max", "-1"):
                    yield int(quota) / int(period)
            if group == root:
                break


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
