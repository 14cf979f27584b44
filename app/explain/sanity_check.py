"""The control of a heat map: the same method on a network that has learned nothing.

A method whose map stays the same when all weights are random shows the picture's edges, not what
was learned ("Sanity Checks for Saliency Maps", Adebayo et al. 2018).
"""

import copy
import functools

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks import MovementNetwork

_PICTURES = 8  # To measure batch statistics with.
_CLOUDS = (3, 12, 48)  # Cells across, of what these pictures are made of.
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@functools.lru_cache(maxsize=2)
def randomised(network: MovementNetwork, seed: int = 0) -> MovementNetwork:
    """The same architecture with random weights; the same one every time: leave it as it is.

    Kernels are He et al.'s (2015). Batch normalisation takes its statistics from clouds of colour,
    as without them signals would fade or grow from layer to layer, and every map be flat.

    Args:
        network: it is not changed.
        seed: of the weights.
    """
    chance = torch.Generator().manual_seed(seed)
    other = copy.deepcopy(network)
    for module in other.modules():
        # Somebody may have been looking into the original just then.
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
        _randomise(module, chance)
    _calibrate(other, chance)
    return other.eval().requires_grad_(False)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Spearman's correlation of two maps of the same shape, -1..1; None where one is flat."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    from scipy.stats import spearmanr  # It takes a second to import.

    return float(spearmanr(one.ravel(), other.ravel()).statistic)


def _randomise(module: nn.Module, chance: torch.Generator) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        kernel = torch.empty(module.weight.shape)
        nn.init.kaiming_normal_(kernel, nonlinearity="relu", generator=chance)
        with torch.no_grad():
            module.weight.copy_(kernel)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, (*_NORMS, nn.LayerNorm)):
        module.reset_parameters()  # To ones and zeros: no chance in it.


@torch.no_grad()
def _calibrate(network: MovementNetwork, chance: torch.Generator) -> None:
    """Measure all batch statistics in one forward pass."""
    network.eval()
    norms = [module for module in network.modules() if isinstance(module, _NORMS)]
    for norm in norms:
        norm.momentum = None  # A plain mean, of one batch.
        norm.train()
    network(network.normalise(_clouds(chance).to(network.temperature.device)))


def _clouds(chance: torch.Generator, side: int = 192) -> Tensor:
    """Pictures of colour at several scales, uint8 [N,side,side,3]."""
    layers = [
        F.interpolate(
            torch.rand(_PICTURES, 3, cells, cells, generator=chance), (side, side), mode="bilinear"
        )
        for cells in _CLOUDS
    ]
    mixed = torch.stack(layers).mean(0).permute(0, 2, 3, 1)
    return (mixed * 255).to(torch.uint8).contiguous()
