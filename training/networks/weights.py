"""Trained weights on disk: safetensors with a model card, or the ONNX file that the app serves.

What was measured of a network is true of its weights alone. So a card that holds measurements also
holds the digest of the weights that were measured, and `save` refuses to write it with others: who
changes a network writes `unmeasured(card)`, who measures it calls `measured`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from training.common.errors import UserError
from training.common.files import save_atomically
from training.networks.classifier import MovementNetwork
from training.networks.registry import build

Card = dict[str, Any]
"""What is known of a trained network (training, data, metrics, curves), as plain JSON."""

DIGEST = "weights_sha256"
"""Entry of a card: `weights_digest` of the network that its measurements are of."""

MEASUREMENTS = ("metrics", "outside_threshold")
"""Entries that are true of certain weights only; a card with one of them needs DIGEST."""

LASTING = ("network", "training", "curves")
"""Entries that tell how weights came about: they stay when the weights are changed."""

HALF_DIMENSIONS = 4
"""Weights of so many dimensions, convolution kernels, are shipped as float16."""


def weights_digest(network: MovementNetwork) -> str:
    """SHA-256 of a network's weights, as they are shipped.

    It is taken over names, shapes and little-endian float32 bytes, in the order of the names.
    Convolution kernels are rounded to float16 first, as `export.onnx.classifier` does: so a network
    has one digest in the file of its run, after rounding, and read back out of the ONNX file. Left
    out are the temperature, which is fitted to the weights, and the counters of batches, which
    decide nothing and which the ONNX file does not hold.
    """
    found = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        if name == "temperature" or name.endswith("num_batches_tracked"):
            continue
        shipped = value.half() if value.ndim >= HALF_DIMENSIONS else value
        array = shipped.to("cpu", torch.float32).contiguous().numpy().astype("<f4")
        found.update(f"{name} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def measured(network: MovementNetwork, card: Card, **measurements: Any) -> Card:
    """A card with measurements of this very network, in place of all earlier ones."""
    return unmeasured(card) | measurements | {DIGEST: weights_digest(network)}


def unmeasured(card: Card) -> Card:
    """A card without what was measured: for a network whose weights have been changed."""
    return {key: value for key, value in card.items() if key in LASTING}


def require_own(network: MovementNetwork, card: Card) -> None:
    """Check that a card's measurements, if it has any, are of this network's weights.

    Raises:
        ValueError: they are of others, or the card does not say of which.
    """
    found = [key for key in MEASUREMENTS if key in card]
    if found and card.get(DIGEST) != weights_digest(network):
        raise ValueError(f"the card's {' and '.join(found)} are not of this network's weights")


def target(source: Path, out: Path | None) -> Path:
    """The file for what becomes of a network that is read, changed or measured, and written again.

    Args:
        source: the file that it is read from; it is written to where nothing else is asked for.
        out: the file that was asked for, or None.

    Raises:
        UserError: weights and card would be written over a file of another format.
    """
    chosen = out or source
    if chosen.suffix != ".safetensors":
        raise UserError(f"{chosen} is not a .safetensors file: say with --out where to write one.")
    return chosen


def save(path: Path, network: MovementNetwork, name: str, card: Card) -> None:
    """Write weights and card to one safetensors file, atomically.

    Args:
        path: the file to write; it is replaced only once all is on disk.
        network: the trained network.
        name: its architecture, a key of NETWORKS.
        card: JSON-serialisable facts to travel with the weights.

    Raises:
        ValueError: the card's measurements are of other weights.
    """
    require_own(network, card)
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    metadata = {"network": name, "card": json.dumps(card)}
    save_atomically(path, lambda partial: save_file(state, partial, metadata))


def load(path: Path | str) -> tuple[MovementNetwork, Card]:
    """Read a network, in evaluation mode, and its card.

    Args:
        path: a `.safetensors` file written by `save`, or a shipped `.onnx` file.

    Raises:
        UserError: there is no such file, or it is none of these.
    """
    if not Path(path).is_file():
        raise UserError(f"There is no network file {path}.")
    if Path(path).suffix == ".onnx":
        from training.networks.shipped import load_onnx  # onnx is needed for this alone

        return load_onnx(Path(path))
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)
        card: Card = json.loads(metadata["card"])
        network = build(metadata["network"], state["classifier.bias"].numel())
        network.load_state_dict(state)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise UserError(f"{path} is no network that training.classifier.train wrote.") from error
    return network.eval(), {"network": metadata["network"], **card}
