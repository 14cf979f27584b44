"""Watching feature maps inside a network, and leaving it as it was found.

    with observe(network, ["conv3_block4", "conv5_block16"]) as seen:
        score = network(image).logits[0, movement]
        torch.autograd.grad(score, list(seen.values()))

Which tensor is watched matters. In a dense block every layer's 32 channels are appended to what
all before it have made, so `denselayer16.conv2`, "the last convolution" of DenseNet-121, holds 32
of the 1024 channels that the head reads, and a heat map made of it is wrong. The right tensor is
the concatenation: whatever comes later depends on the picture through it alone. And after the last
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
"""The one depth that is watched after its ReLU."""

_PLACES = {depth.name: depth for depth in DEPTHS}


@contextmanager
def record_activations(
    network: MovementNetwork, spots: Iterable[str]
) -> Iterator[dict[str, Tensor]]:
    """Watch feature maps; inside, the network is in evaluation mode and its weights are frozen.

    As weights are frozen, the image must require a gradient, or there is none to ask for.
    Afterwards hooks, the mode of every module and `requires_grad` of every weight are what they
    were, whatever happened. Of a network that several threads use, only this thread's are seen.

    Args:
        network: any that `training.networks.build` knows.
        spots: names of `training.common.depths.DEPTHS`, for DenseNet-121; anything else is the path
        of a
            module in `network.features`, whose output is watched.

    Yields:
        By spot, float [N,C,h,w], filled by each forward pass; part of its graph.

    Raises:
        ValueError: the network has no such spot.
    """
    seen: dict[str, Tensor] = {}
    with ExitStack() as afterwards:
        afterwards.callback(_restore, _modes(network), _frozen(network))
        network.eval().requires_grad_(False)
        for spot in spots:
            handle = _watch(network.features, spot, _keeper(seen, spot))
            afterwards.callback(handle.remove)
        yield seen


def _keeper(seen: dict[str, Tensor], spot: str) -> Callable[[Tensor], None]:
    ours = get_ident()

    def keep(tensor: Tensor) -> None:
        if get_ident() == ours:
            seen[spot] = tensor

    return keep


def _watch(trunk: nn.Module, spot: str, keep: Callable[[Tensor], None]) -> RemovableHandle:
    """Hook the place where a spot's tensor passes by."""
    depth = _PLACES.get(spot)
    if depth is None or spot == LAST:
        return _output(_module(trunk, "relu5" if depth else spot, spot), keep)
    block = _module(trunk, f"denseblock{depth.block}", spot)
    following = dict(block.named_children()).get(f"denselayer{depth.layer + 1}")
    if following is None:  # It is the block's last layer.
        return _output(block, keep)
    return following.register_forward_pre_hook(lambda _, args: keep(args[0]))


def _output(module: nn.Module, keep: Callable[[Tensor], None]) -> RemovableHandle:
    def hook(_: nn.Module, __: Any, output: Tensor) -> None:
        keep(output)

    return module.register_forward_hook(hook)


def _module(trunk: nn.Module, path: str, spot: str) -> nn.Module:
    try:
        return trunk.get_submodule(path)
    except AttributeError as error:
        raise ValueError(f"this network has no place {spot!r} to look at") from error


def _modes(network: nn.Module) -> list[tuple[nn.Module, bool]]:
    return [(module, module.training) for module in network.modules()]


def _frozen(network: nn.Module) -> list[tuple[nn.Parameter, bool]]:
    return [(weight, weight.requires_grad) for weight in network.parameters()]


def _restore(modes: list[tuple[nn.Module, bool]], frozen: list[tuple[nn.Parameter, bool]]) -> None:
    for module, mode in modes:
        module.training = mode
    for weight, wanted in frozen:
        weight.requires_grad_(wanted)
