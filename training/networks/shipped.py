"""The weights of a network, read back out of the ONNX file that the app serves."""

import json
from pathlib import Path
from typing import Any

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from training.common.errors import UserError
from training.common.files import check_fetched
from training.networks.classifier import MovementNetwork
from training.networks.registry import build

CARD = ("training", "data", "metrics", "curves", "outside_threshold", "weights_sha256")
"""What the file tells of a network beside what the app needs; the last since version 0.3."""


def read_onnx(path: Path) -> onnx.ModelProto:
    """An ONNX file as it is.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: it is damaged, or only Git LFS's pointer.
    """
    check_fetched(path)
    try:
        return onnx.load(path)
    except DecodeError as error:
        raise UserError(f"{path} is no ONNX file, or was cut short; fetch it again.") from error


def load_onnx(path: Path) -> tuple[MovementNetwork, dict[str, Any]]:
    """Exactly the network that is served, in evaluation mode, float32, and its card.

    The exporter names initialisers as PyTorch's state_dict does, and keeps convolution kernels in
    float16; nothing else is folded or changed.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: the file was not written by `export.onnx.classifier`, or is damaged.
    """
    model = read_onnx(path)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if "network" not in metadata:
        raise UserError(
            f"{path} does not name its architecture; was export.onnx.classifier its maker?"
        )
    network = build(metadata["network"], len(json.loads(metadata["movements"])))
    network.load_state_dict(load_state(path, network))
    card = {key: json.loads(metadata[key]) for key in CARD if key in metadata}
    return network.eval(), {"network": metadata["network"], **card}


def load_state(path: Path, module: nn.Module) -> dict[str, Tensor]:
    """The float32 state of a module, out of an ONNX file whose initialisers bear its names.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: the file is damaged.
        ValueError: the file lacks one of the module's weights.
    """
    stored = {tensor.name: tensor for tensor in read_onnx(path).graph.initializer}
    state = module.state_dict()
    # What counts training batches is of no use after training, so the graph does not hold it.
    for name in (name for name in state if not name.endswith("num_batches_tracked")):
        if name not in stored:
            raise ValueError(f"{path} holds no {name}")
        state[name] = torch.from_numpy(numpy_helper.to_array(stored[name]).astype("float32"))
    return state
