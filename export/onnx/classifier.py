"""Turn a trained movement classifier into the one file that the app loads.

    python -m export.onnx.classifier runs/NAME/model.safetensors
    onnx_models/movement_classifier.onnx

The graph takes uint8 pictures, normalises them, and gives calibrated logits, the embedding, the
exact class activation maps and the kind of picture. Initialisers keep the names of PyTorch's
state_dict, so `training.networks.load` reads the same weights back out of the same file.

Only a network that `training.classifier.evaluate` has measured as it is can be exported: its card
holds a digest of the weights, see training.networks.weights.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.assets import pictures
from export.onnx.graph import OPSET, file_metadata, make_graph, round_weights
from export.onnx.session import cpu_session, require_parity
from training import networks
from training.common.errors import UserError, exit_on_user_error
from training.common.files import save_atomically
from training.common.movements import KINDS, MOVEMENTS
from training.common.preprocessing import CROP, PAD_COLOUR, SIZE, VIEW_WEIGHTS, six_views
from training.networks import MovementNetwork
from training.networks.shipped import CARD
from training.networks.weights import DIGEST, HALF_DIMENSIONS, weights_digest

NAME = "Deep Brush movement classifier"
VERSION = "0.3"
OUTPUTS = ["logits", "embedding", "cam", "kind"]
PREFIX = "network."


class ServedClassifier(nn.Module):
    """What is exported: normalisation, the network, its temperature and its exact maps."""

    def __init__(self, network: MovementNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """uint8 [N,H,W,3] -> logits [N,K], embedding [N,C], cam [N,K,h,w], kind [N,3], float32."""
        seen = self.network(self.network.normalise(image))
        weights, _ = self.network.class_activation_weights()
        temperature = self.network.temperature
        cam = F.conv2d(seen.features, (weights / temperature)[:, :, None, None])
        return seen.logits / temperature, seen.embedding, cam, seen.kind


def to_onnx(network: MovementNetwork, metadata: dict[str, str]) -> onnx.ModelProto:
    """The graph of a network in evaluation mode whose convolutions are already rounded."""
    return make_graph(
        ServedClassifier(network).eval(),
        {"image": torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)},
        {"image": {0: torch.export.Dim("batch")}},
        OUTPUTS,
        metadata,
        prefix=PREFIX,
    )


def describe(network: MovementNetwork, card: dict[str, Any]) -> dict[str, str]:
    """The metadata that travels in the file: all strings, JSON but for the plain ones.

    Args:
        network: the network.
        card: what is known of it, as `training.classifier.evaluate` left it.

    Raises:
        UserError: the card lacks something, most likely because the network was never evaluated,
            or what it says was measured of other weights.
    """
    missing = [key for key in CARD if key not in card]
    if missing:
        raise UserError(
            f"The network's card has no {', '.join(missing)}: run training.classifier.evaluate."
        )
    if card[DIGEST] != weights_digest(network):
        raise UserError(
            "The card's measurements are of other weights: run training.classifier.evaluate again."
        )
    _, bias = network.class_activation_weights()
    preprocessing = {
        "size": SIZE,
        "crop": CROP,
        "pad_colour": PAD_COLOUR,
        "mean": network.mean,
        "std": network.std,
        "views": VIEW_WEIGHTS,
    }
    facts = {
        "movements": MOVEMENTS,
        "kinds": KINDS,
        "preprocessing": preprocessing,
        "temperature": network.temperature.item(),
        "bias": (bias / network.temperature).tolist(),
        **{key: card[key] for key in CARD},
    }
    return file_metadata(NAME, VERSION, facts) | {"network": card["network"]}


def check(
    network: MovementNetwork, session: ort.InferenceSession, paintings: list[np.ndarray]
) -> dict[str, float]:
    """Parity at batch 1 and 6, and that the batch is free.

    Raises:
        ValueError: the batch is fixed.
        ParityError: PyTorch says something else.
    """
    shape = session.get_inputs()[0].shape
    if not isinstance(shape[0], str) or shape[1:] != [SIZE, SIZE, 3]:
        raise ValueError(f"the input should be [batch,{SIZE},{SIZE},3], not {shape}")
    views = [six_views(painting)[0] for painting in paintings]
    batches = [{"image": batch} for six in views for batch in (six[:1], six)]
    return require_parity(ServedClassifier(network).eval(), session, batches)


def export(source: Path, target: Path, paintings: list[np.ndarray]) -> dict[str, float]:
    """Write `target`, atomically, once it has proved to compute what `source` computes."""
    network, card = networks.load(source)
    round_weights(network, HALF_DIMENSIONS)
    proto = to_onnx(network, describe(network, card)).SerializeToString()
    session = cpu_session(proto)
    found = check(network, session, paintings)
    save_atomically(target, lambda path: path.write_bytes(proto))
    return found


@exit_on_user_error()
def main() -> None:
    """Read the command line, export, print what parity was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="weights of a run, model.safetensors")
    parser.add_argument("target", type=Path, help="the .onnx file to write")
    parser.add_argument("--pictures", type=Path, help="folder of paintings to check parity on")
    arguments = parser.parse_args()
    folder = arguments.pictures
    paintings = pictures.in_folder(folder, count=8) if folder else pictures.bundled()
    found = export(arguments.source, arguments.target, paintings)
    size = arguments.target.stat().st_size / 1e6
    print(f"{arguments.target}: {size:.1f} MB, opset {OPSET}")
    for name, difference in found.items():
        print(f"  {name:9} differs from PyTorch by {difference:.1e} at most")


if __name__ == "__main__":
    main()
