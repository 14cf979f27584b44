"""ONNX Runtime sessions: loading them, running them, and which processor runs them."""

import contextlib
import io
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.errors import UserError, system_reason
from app.serving import memory
from app.serving.hardware import count_gpus, cpu_threads
from app.translation import gettext as _
from training.common.files import check_fetched

ort.disable_telemetry_events()  # On Windows no variable does this, see `training/__init__.py`.

logger = logging.getLogger(__name__)

Provider = Literal["auto", "cuda", "cpu"]

ERRORS = 3  # Of ONNX Runtime's log levels.

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

UNLOADABLE = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
)
"""What ONNX Runtime raises for a file that is damaged, or newer than itself."""

LARGE = 3 * 2**20
"""Bytes of input, 3 to a pixel, from which on a run releases its memory when it has ended."""


@dataclass
class _RunHistory:
    """What `Network.release` needs to know about earlier runs.

    Attributes:
        size: bytes of the inputs of the smallest run.
        smallest: blank inputs and outputs of its shapes. Replaced as one value and never changed:
            other threads may count runs while ONNX Runtime writes into it.
        recent: whether there was a run since `Network.release` was last called.
        holding: whether ONNX Runtime may hold memory of a run.
    """

    size: float = math.inf
    smallest: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    recent: bool = False
    holding: bool = False

    def count(
        self, size: int, inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
    ) -> None:
        """Count a run, and keep its shapes if it was smaller than all before."""
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
    _history: _RunHistory = field(
        default_factory=_RunHistory, init=False, repr=False, compare=False
    )

    @property
    def provider(self) -> str:
        """What runs it, "CUDA" or "CPU": asked each time, for a session may fall back later."""
        return "CUDA" if self.session.get_providers()[0] == CUDA else "CPU"

    def run(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """All outputs by name for inputs by name.

        ONNX Runtime keeps the memory of a run for the next one of that size. For a large picture
        that is hundreds of megabytes, and no other has its size, so it is released at once; for
        small ones keeping it is quicker, and `release` frees it when no more come.
        """
        names = [output.name for output in self.session.get_outputs()]
        size = sum(values.nbytes for values in inputs.values())
        results = self.session.run(names, inputs, _shrinking() if size > LARGE else None)
        # Copies: the results are in ONNX Runtime's own memory, and would keep a region of it.
        outputs = {name: values.copy() for name, values in zip(names, results, strict=True)}
        self._history.count(size, inputs, outputs)
        return outputs

    def release(self) -> bool:
        """Free what ONNX Runtime keeps of earlier runs, if there was none since the last call.

        It frees memory only at the end of a run. So the smallest one is repeated, with its outputs
        in memory of our own: in ONNX Runtime's they would keep a whole region of it.

        Returns:
            Whether there may have been something to free.
        """
        history = self._history
        if history.recent or not history.holding or self.provider != "CPU":
            history.recent = False
            return False
        history.holding = False
        inputs, outputs = history.smallest  # Referenced here until the run has ended.
        binding = self.session.io_binding()
        for name, values in inputs.items():
            binding.bind_cpu_input(name, values)
        for name, values in outputs.items():
            binding.bind_output(name, "cpu", 0, values.dtype, values.shape, values.ctypes.data)
        self.session.run_with_iobinding(binding, _shrinking())
        return True

    def warm_up(self, **inputs: np.ndarray) -> None:
        """Run once, so that no visitor waits for allocations and cuDNN's search."""
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
    """Load an ONNX file for a processor, or say why another one runs it.

    Args:
        path: the `.onnx` file.
        provider: "auto" is CUDA where a GPU is found, else the CPU; "cuda" falls back to the CPU,
            too, and says why in the log and in `notice`.
        require_gpu: raise instead of falling back to the CPU.
        fixed_shapes: whether inputs have the same size in each call, so that cuDNN's exhaustive
            search for the fastest convolution, once for each shape, is worth its time.
        threads: for one call on the CPU; by default one for each processor.

    Raises:
        UserError: the file is missing or damaged, or `require_gpu` is set and CUDA does not run.
    """
    check_shipped(path)
    obstacle = _obstacle_to_cuda(provider)
    threads = threads or cpu_threads()
    cuda = not obstacle
    with _file_errors_as_sentences(path):
        session, complaint = _session(path, cuda=cuda, fixed_shapes=fixed_shapes, threads=threads)
    if session.get_providers()[0] != CUDA:
        obstacle = obstacle or complaint
        if require_gpu:
            sentence = _("A GPU is required, but CUDA does not run: {reason}.")
            raise UserError(sentence.format(reason=obstacle))
        wanted = provider == "cuda" or (provider == "auto" and count_gpus() > 0)
        notice = ""
        if wanted:
            notice = _("CUDA does not run: {reason}. The CPU is used instead.").format(
                reason=obstacle
            )
    else:
        notice = ""
    network = Network(session, dict(session.get_modelmeta().custom_metadata_map), notice)
    memory.call_regularly(network.release)
    if notice:
        logger.warning(notice)
    logger.info("%s runs on %s, %d threads", Path(path).name, network.provider, threads)
    return network


def check_shipped(path: str | os.PathLike[str]) -> None:
    """UserError if a network's file is not there, or only Git LFS's pointer to it."""
    if not Path(path).is_file():
        sentence = _("The network {path} is missing; fetch the whole repository.")
        raise UserError(sentence.format(path=os.fspath(path)))
    try:
        check_fetched(Path(path))
    except OSError as error:
        sentence = _("The network {path} cannot be read ({reason}).")
        raise UserError(
            sentence.format(path=os.fspath(path), reason=system_reason(error))
        ) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata that the exporter wrote into an ONNX file.

    Raises:
        UserError: the file is missing or damaged.
    """
    check_shipped(path)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = ERRORS
    with _file_errors_as_sentences(path):
        session = ort.InferenceSession(path, options, providers=[CPU])
    return dict(session.get_modelmeta().custom_metadata_map)


@contextlib.contextmanager
def _file_errors_as_sentences(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise a UserError where ONNX Runtime cannot read a file."""
    try:
        yield
    except UNLOADABLE as error:
        if "Load model" not in str(error):  # It was read, and something else failed, as a GPU.
            raise
        logger.info("%s: %s", path, error)
        sentence = _(
            "The network {path} is damaged or cut short, or newer than ONNX Runtime {version} can"
            " read; fetch it again."
        )
        raise UserError(sentence.format(path=os.fspath(path), version=ort.__version__)) from error


def _obstacle_to_cuda(provider: Provider) -> str:
    """Why CUDA cannot run, as far as is known before trying; else empty."""
    if provider == "cpu":
        return _("the CPU was chosen")
    if count_gpus() == 0:
        return _("no NVIDIA GPU, or no driver for it, was found on this machine")
    if CUDA not in ort.get_available_providers():
        return _("onnxruntime was built without CUDA here; put onnxruntime-gpu in its place")
    return ""


def _session(
    path: str | os.PathLike[str], *, cuda: bool, fixed_shapes: bool, threads: int
) -> tuple[ort.InferenceSession, str]:
    """A session, and the messages that ONNX Runtime printed while it tried to load CUDA."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS  # It warns of every optional input.
    if not cuda:
        return ort.InferenceSession(path, options, providers=[CPU]), ""
    search = "EXHAUSTIVE" if fixed_shapes else "HEURISTIC"
    providers: list[Any] = [(CUDA, {"cudnn_conv_algo_search": search}), CPU]
    # ONNX Runtime prints its reasons (a missing library, an unfit driver) instead of raising them.
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        if hasattr(ort, "preload_dlls"):
            ort.preload_dlls()
        session = ort.InferenceSession(path, options, providers=providers)
    reason = " ".join(printed.getvalue().split()).rstrip(".")
    return session, reason or "ONNX Runtime could not load it, see the log above"
