"""Feature maps recorded inside a network, which is left as it was.

    with record_activations(network, ["conv3_block4", "conv5_block16"]) as activations:
        score = network(image).logits[0, movement]
        torch.autograd.grad(score, list(activations.values()))

Which tensor is recorded matters. In a dense block every layer's 32 channels are appended to those
of all layers before it, so `denselayer16.conv2`, "the last convolution" of DenseNet-121, holds 32
of the 1024 channels that the head reads, and a heat map made of it is wrong. The right tensor is
the concatenation: whatever follows depends on the picture through it alone. And after the last
block it is the map after its ReLU, `relu5`, for it is that one the head averages.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from training.common.depths import DEPTHS
from training.networks import MovementNetwork

LAST = DEPTHS[-1].name
"""The one depth that is recorded after its ReLU."""

_DEPTHS = {depth.name: depth for depth in DEPTHS}


@contextmanager
def record_activations(
    network: MovementNetwork, layers: Iterable[str]
) -> Iterator[dict[str, Tensor]]:
    """Record feature maps; inside, the network is in evaluation mode and its weights are frozen.

    As weights are frozen, the image must require a gradient, or there is none to ask for.
    Afterwards hooks, the mode of every module and `requires_grad` of every weight are what they
    were, whatever happened. Of a network that several threads use, only this thread's are recorded.

    Args:
        network: any that `training.networks.build` knows.
        layers: names of `training.common.depths.DEPTHS`, for DenseNet-121; anything else is the
            path of a module in `network.features`, whose output is recorded.

    Yields:
        By layer, float [N,C,h,w], filled by each forward pass; part of its graph.

    Raises:
        ValueError: the network has no such layer.

    Example:
        >>> import torch
        >>> from training.networks import build
        >>> network = build("small_cnn")
        >>> with record_activations(network, ["5"]) as activations:
        ...     outputs = network(torch.zeros(1, 3, 32, 32))
        >>> activations["5"].shape
        torch.Size([1, 64, 8, 8])
    """
    activations: dict[str, Tensor] = {}
    with ExitStack() as afterwards:
        afterwards.callback(_restore, _modes(network), _requires_grad(network))
        network.eval().requires_grad_(False)
        for layer in layers:
            handle = _add_hook(network.features, layer, _recorder(activations, layer))
            afterwards.callback(handle.remove)
        yield activations


def _recorder(activations: dict[str, Tensor], layer: str) -> Callable[[Tensor], None]:
    thread = get_ident()

    def record(tensor: Tensor) -> None:
        if get_ident() == thread:
            activations[layer] = tensor

    return record


def _add_hook(features: nn.Module, layer: str, record: Callable[[Tensor], None]) -> RemovableHandle:
    depth = _DEPTHS.get(layer)
    if depth is None or layer == LAST:
        return _hook_output(_module(features, "relu5" if depth else layer, layer), record)
    block = _module(features, f"denseblock{depth.block}", layer)
    following = dict(block.named_children()).get(f"denselayer{depth.layer + 1}")
    if following is None:  # It is the block's last layer.
        return _hook_output(block, record)
    return following.register_forward_pre_hook(lambda _, args: record(args[0]))


def _hook_output(module: nn.Module, record: Callable[[Tensor], None]) -> RemovableHandle:
    def hook(_: nn.Module, __: Any, output: Tensor) -> None:
        record(output)

    return module.register_forward_hook(hook)


def _module(features: nn.Module, path: str, layer: str) -> nn.Module:
    try:
        return features.get_submodule(path)
    except AttributeError as error:
        raise ValueError(f"this network has no layer {layer!r}") from error


def _modes(network: nn.Module) -> list[tuple[nn.Module, bool]]:
    return [(module, module.training) for module in network.modules()]


def _requires_grad(network: nn.Module) -> list[tuple[nn.Parameter, bool]]:
    return [(weight, weight.requires_grad) for weight in network.parameters()]


def _restore(
    modes: list[tuple[nn.Module, bool]], requires_grad: list[tuple[nn.Parameter, bool]]
) -> None:
    for module, mode in modes:
        module.training = mode
    for weight, required in requires_grad:
        weight.requires_grad_(required)
