"""Turn a trained movement classifier into the one file that the app loads.

    python -m export.classifier runs/NAME/model.safetensors onnx_models/movement_classifier.onnx

The graph takes uint8 pictures, normalises them, and gives calibrated logits, the embedding, the
exact class activation maps and the kind of picture. Initialisers keep the names of PyTorch's
state_dict, so `training.networks.load` reads the same weights back out of the same file.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from onnxscript import ir, optimizer
from onnxscript.rewriter import rewrite
from onnxscript.rewriter.rules.common import remove_optional_bias_from_conv_rule
from torch import Tensor, nn
from torch.nn import functional as F

from export import pictures
from export.parity import require_parity
from training import networks
from training.movements import KINDS, MOVEMENTS
from training.networks import MovementNetwork
from training.networks.shipped import CARD
from training.preprocessing import CROP, MEAN, PAD_COLOUR, SIZE, STD, six_views

NAME = "Deep Brush movement classifier"
VERSION = "0.1"
LICENCE = "MIT"
OPSET = 18
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


def round_convolutions(network: MovementNetwork) -> None:
    """Round convolution kernels, in place, to what float16 can hold: so they are stored.

    They are 98 % of DenseNet-121. Everything else, and all arithmetic, stays float32.
    """
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.copy_(parameter.half())


def to_onnx(network: MovementNetwork, metadata: dict[str, str]) -> onnx.ModelProto:
    """The graph of a network in evaluation mode whose convolutions are already rounded."""
    batch = torch.export.Dim("batch")
    program = torch.onnx.export(
        ServedClassifier(network).eval(),
        (torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8),),
        input_names=["image"],
        output_names=OUTPUTS,
        dynamic_shapes={"image": {0: batch}},
        opset_version=OPSET,
        dynamo=True,
        optimize=False,  # it would fuse batch norms into kernels and lose the names of both
        external_data=False,
        verbose=False,
    )
    assert program is not None
    model = program.model
    _tidy(model)
    _store_as_half(model)
    model.metadata_props.update(metadata)
    proto = ir.to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _tidy(model: ir.Model) -> None:
    """Drop the exporter's computed zero biases and its notes (which hold this machine's paths).

    ONNX Runtime fuses no batch normalisation into a convolution whose bias is computed, and was
    half as fast again once they were gone.
    """
    optimizer.fold_constants(model, input_size_limit=16, output_size_limit=4096)
    rewrite(model, [remove_optional_bias_from_conv_rule])
    optimizer.remove_unused_nodes(model)
    ClearMetadataAndDocStringPass()(model)
    model.metadata_props.clear()


def _store_as_half(model: ir.Model) -> None:
    """Give initialisers their state_dict names, and keep kernels as float16 behind a Cast.

    ONNX Runtime folds the casts when it makes the session: the file is half as long, the speed and
    the fusions are those of float32.
    """
    graph = model.graph
    for exported, initializer in list(graph.initializers.items()):
        assert initializer.const_value is not None
        name, values = exported.removeprefix(PREFIX), initializer.const_value.numpy()
        if values.ndim != 4 or not name.endswith(".weight"):
            initializer.name = name
            continue
        del graph.initializers[exported]
        half = ir.tensor(values.astype(np.float16), name=name)
        stored = ir.val(name, const_value=half)
        graph.initializers.add(stored)
        cast = ir.node("Cast", [stored], {"to": ir.DataType.FLOAT}, name=f"{name}.cast")
        (kernel,) = cast.outputs
        kernel.name = f"{name}.float32"
        kernel.type, kernel.shape = initializer.type, initializer.shape
        ir.convenience.replace_all_uses_with(initializer, kernel)
        graph.insert_before(graph[0], cast)


def describe(network: MovementNetwork, card: dict[str, Any]) -> dict[str, str]:
    """The metadata that travels in the file: all strings, JSON but for the plain ones.

    Args:
        network: the network.
        card: what is known of it, as `training.evaluate` left it.

    Raises:
        ValueError: the card lacks something; most likely the network was never evaluated.
    """
    missing = [key for key in CARD if key not in card]
    if missing:
        raise ValueError(f"the card has no {', '.join(missing)}; run training.evaluate first")
    _, bias = network.class_activation_weights()
    preprocessing = {
        "size": SIZE,
        "crop": CROP,
        "pad_colour": PAD_COLOUR,
        "mean": MEAN,
        "std": STD,
        "views": 6,
    }
    facts = {
        "movements": MOVEMENTS,
        "kinds": KINDS,
        "preprocessing": preprocessing,
        "temperature": network.temperature.item(),
        "bias": (bias / network.temperature).tolist(),
        "opset": OPSET,
        **{key: card[key] for key in CARD},
    }
    plain = {"name": NAME, "version": VERSION, "license": LICENCE, "network": card["network"]}
    return plain | {key: json.dumps(value) for key, value in facts.items()}


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
    round_convolutions(network)
    proto = to_onnx(network, describe(network, card)).SerializeToString()
    session = ort.InferenceSession(proto, providers=["CPUExecutionProvider"])
    found = check(network, session, paintings)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(proto)
    os.replace(partial, target)
    return found


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
