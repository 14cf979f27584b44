"""Does a session compute what the PyTorch network computes?"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn

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
