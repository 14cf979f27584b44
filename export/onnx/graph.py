"""From a PyTorch module to an ONNX graph that is small and fast, without paths of this machine.

Initialisers keep the names of PyTorch's state_dict, so the same weights can be read back out of the
file. Large weights are stored as float16 behind a Cast, which ONNX Runtime folds when it makes the
session: the file is half as long, the speed and the fusions are those of float32.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from onnxscript import ir, optimizer
from onnxscript.rewriter import rewrite
from onnxscript.rewriter.rules.common import remove_optional_bias_from_conv_rule
from torch import Tensor, nn

LICENCE = "MIT"
OPSET = 18
IR_VERSION = 8
"""The oldest that has this opset, which ONNX Runtime 1.14 and newer read. PyTorch's exporter writes
10, which 1.18 and newer read; our graphs need nothing of what came after 8."""

SIZES = ((96, 128), (37, 53), (16, 301))
"""Heights and widths at which the parity of networks for pictures of any size is checked; odd ones
need the reflected edge, and lose one in pooling."""


def example_pictures() -> Tensor:
    """Two pictures to trace a graph for any size with, uint8 [2,96,128,3]."""
    return torch.zeros(2, 96, 128, 3, dtype=torch.uint8)


def any_size() -> dict[int, Any]:
    """The dimensions of pictures that may change: batch, height and width."""
    return {i: torch.export.Dim(name) for i, name in enumerate(("batch", "height", "width"))}


def file_metadata(name: str, version: str, card: Mapping[str, Any]) -> dict[str, str]:
    """The metadata that travels in a file: all strings, JSON but for the plain ones."""
    plain = {"name": name, "version": version, "license": LICENCE}
    return plain | {key: json.dumps(value) for key, value in {"opset": OPSET, **card}.items()}


def round_weights(module: nn.Module, least_dimensions: int) -> None:
    """Round weights, in place, to what float16 can hold: so they are stored.

    Args:
        module: its parameters of at least so many dimensions are rounded; all arithmetic, and
            everything else, stays float32.
        least_dimensions: 4 for convolution kernels alone, 2 for matrices too.
    """
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim >= least_dimensions:
                parameter.copy_(parameter.half())


def make_graph(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    dynamic_shapes: Mapping[str, Mapping[int, Any]],
    outputs: Sequence[str],
    metadata: Mapping[str, str],
    *,
    prefix: str = "",
    least_dimensions: int = 4,
    optional: Sequence[str] = (),
    output_shapes: Mapping[str, Sequence[int | str]] | None = None,
) -> onnx.ModelProto:
    """Export and check a graph.

    Args:
        module: in evaluation mode; its weights already rounded by `round_weights`.
        inputs: an example of each argument of its forward, in order.
        dynamic_shapes: names of the dimensions that may change, by input and position.
        outputs: names of what forward returns.
        metadata: entries for the file.
        prefix: what to take off the names of the weights.
        least_dimensions: as for `round_weights`.
        optional: inputs that may be left out; then their example's values are used.
        output_shapes: names of the outputs' dimensions, where the exporter's are unreadable.
    """
    program = torch.onnx.export(
        module,
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes={name: dict(dynamic_shapes.get(name, {})) for name in inputs},
        opset_version=OPSET,
        dynamo=True,
        optimize=False,  # it would fuse batch norms into kernels and lose the names of both
        external_data=False,
        verbose=False,
    )
    assert program is not None
    model = program.model
    _tidy(model)
    _store_as_half(model, prefix, least_dimensions)
    for value in model.graph.inputs:
        if value.name and value.name in optional:
            value.const_value = ir.tensor(inputs[value.name].numpy(), name=value.name)
            model.graph.initializers.add(value)
    for value in model.graph.outputs:
        if value.name and output_shapes and value.name in output_shapes:
            value.shape = ir.Shape(output_shapes[value.name])
    model.metadata_props.update(metadata)
    model.ir_version = IR_VERSION
    proto = ir.to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _tidy(model: ir.Model) -> None:
    """Drop the exporter's computed zero biases and its notes (which hold this machine's paths).

    ONNX Runtime fuses no batch normalisation into a convolution whose bias is computed, and was
    half as fast again without them.
    """
    optimizer.fold_constants(model, input_size_limit=16, output_size_limit=4096)
    rewrite(model, [remove_optional_bias_from_conv_rule])
    optimizer.remove_unused_nodes(model)
    ClearMetadataAndDocStringPass()(model)
    model.metadata_props.clear()


def _store_as_half(model: ir.Model, prefix: str, least_dimensions: int) -> None:
    """Give initialisers their state_dict names, and keep large weights as float16 behind a Cast."""
    graph = model.graph
    for exported, initializer in list(graph.initializers.items()):
        assert initializer.const_value is not None
        name, values = exported.removeprefix(prefix), initializer.const_value.numpy()
        if values.ndim < least_dimensions or not name.endswith(".weight"):
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
