"""Trained weights on disk: safetensors with a model card, or the ONNX file that the app serves."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file

from training.files import save_atomically
from training.networks.classifier import MovementNetwork
from training.networks.registry import build

Card = dict[str, Any]
"""What is known of a trained network (training, data, metrics, curves), as plain JSON."""


def save(path: Path, network: MovementNetwork, name: str, card: Card) -> None:
    """Write weights and card to one safetensors file, atomically.

    Args:
        path: the file to write; it is replaced only once all is on disk.
        network: the trained network.
        name: its architecture, a key of NETWORKS.
        card: JSON-serialisable facts to travel with the weights.
    """
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    metadata = {"network": name, "card": json.dumps(card)}
    save_atomically(path, lambda partial: save_file(state, partial, metadata))


def load(path: Path | str) -> tuple[MovementNetwork, Card]:
    """Read a network, in evaluation mode, and its card.

    Args:
        path: a `.safetensors` file written by `save`, or a shipped `.onnx` file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it was not written by `save` or `export.classifier`.
    """
    if Path(path).suffix == ".onnx":
        from training.networks.shipped import load_onnx  # onnx is needed for this alone

        return load_onnx(Path(path))
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    if not metadata or "network" not in metadata:
        raise ValueError(f"{path} does not name its architecture; was training its maker?")
    card: Card = json.loads(metadata["card"])
    network = build(metadata["network"], state["classifier.bias"].numel())
    network.load_state_dict(state)
    return network.eval(), {"network": metadata["network"], **card}
