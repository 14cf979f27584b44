"""A network as it is served, and as PyTorch has it, to be set beside others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from export.onnx.classifier import to_onnx
from export.onnx.graph import round_weights
from export.onnx.session import cpu_session
from training import networks
from training.networks import MovementNetwork


@dataclass(frozen=True, eq=False)
class ModelUnderTest:
    """One network.

    Attributes:
        name: its architecture.
        network: in PyTorch.
        card: what its file says of it.
        session: the same in ONNX Runtime.
        size: bytes of the file that is, or would be, served.
    """

    name: str
    network: MovementNetwork
    card: dict[str, Any]
    session: ort.InferenceSession
    size: int

    @classmethod
    def load(cls, path: Path, threads: int) -> "ModelUnderTest":
        """Read a network; what was never exported is exported here, in memory."""
        network, card = networks.load(path)
        round_weights(network, least_dimensions=4)
        served = path.read_bytes() if path.suffix == ".onnx" else to_onnx(network, {})
        content = served if isinstance(served, bytes) else served.SerializeToString()
        return cls(card["network"], network, card, cpu_session(content, threads), len(content))

    def logits(self, views: np.ndarray) -> np.ndarray:
        """What it says of views, uint8 [N,S,S,3]: float32 [N,K]."""
        found: np.ndarray = self.session.run(["logits"], {"image": views})[0]
        return found
