"""ONNX Runtime as all of export/ uses it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn


def cpu_session(network: Path | bytes, threads: int = 0) -> ort.InferenceSession:
    """A network in ONNX Runtime, on the CPU.

    Args:
        network: an .onnx file, or what is in one.
        threads: that it may use; 0 lets ONNX Runtime choose.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # it warns of every input that may be left out
    return ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])


TOLERANCE = 1e-4


class ParityError(AssertionError):
    """The exported network disagrees with the one it was made from."""


def differences(
    network: nn.Module, session: ort.InferenceSession, inputs: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """The largest absolute difference of each output, PyTorch against ONNX Runtime."""
    names = [output.name for output in session.get_outputs()]
    served = session.run(names, dict(inputs))
    with torch.inference_mode():
        found = network(*(torch.from_numpy(value) for value in inputs.values()))
    trained = (found,) if isinstance(found, Tensor) else found
    return {
        name: float(np.abs(ours.astype(np.float32) - theirs.float().numpy()).max())
        for name, ours, theirs in zip(names, served, trained, strict=True)
    }


def require_parity(
    network: nn.Module,
    session: ort.InferenceSession,
    batches: Sequence[Mapping[str, np.ndarray]],
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """The largest difference of each output over several batches.

    Raises:
        ParityError: one of them exceeds the tolerance (or is not a number).
    """
    each = [differences(network, session, batch) for batch in batches]
    # np.max, as Python's own max passes over what is not a number.
    worst = {name: float(np.max([found[name] for found in each])) for name in each[0]}
    if not all(difference <= tolerance for difference in worst.values()):
        raise ParityError(f"ONNX Runtime and PyTorch differ by {worst}; allowed is {tolerance}")
    return worst
