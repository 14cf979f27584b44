"""The sanity check of a heat map: the same method on a network with random weights.

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
_NOISE_CELLS = (3, 12, 48)  # Cells across, of the noise that these pictures are made of.
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@functools.lru_cache(maxsize=2)
def randomized(network: MovementNetwork, seed: int = 0) -> MovementNetwork:
    """The same architecture with random weights; cached, so do not change it.

    All layers are randomized: the end of the cascade of Adebayo et al. (2018).
    Kernels are He et al.'s (2015). Batch normalisation takes its statistics from smooth noise, as
    without them signals would fade or grow from layer to layer, and every map be flat.

    Args:
        network: it is not changed.
        seed: of the weights.

    Example:
        >>> from training.networks import build
        >>> network = build("small_cnn")
        >>> other = randomized(network, seed=1)
        >>> bool((other.classifier.weight == network.classifier.weight).any())
        False
    """
    generator = torch.Generator().manual_seed(seed)
    other = copy.deepcopy(network)
    for module in other.modules():
        # Another thread may be recording the original's activations.
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
        _randomize(module, generator)
    _calibrate(other, generator)
    return other.eval().requires_grad_(False)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Spearman's correlation of two maps of the same shape, -1..1; None where one is flat.

    Example:
        >>> rank_correlation(np.array([1, 2, 3]), np.array([10, 20, 90]))
        1.0
    """
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    from scipy.stats import spearmanr  # It takes a second to import.

    return float(spearmanr(one.ravel(), other.ravel()).statistic)


def _randomize(module: nn.Module, generator: torch.Generator) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        kernel = torch.empty(module.weight.shape)
        nn.init.kaiming_normal_(kernel, nonlinearity="relu", generator=generator)
        with torch.no_grad():
            module.weight.copy_(kernel)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, (*_NORMS, nn.LayerNorm)):
        module.reset_parameters()  # To ones and zeros.


@torch.no_grad()
def _calibrate(network: MovementNetwork, generator: torch.Generator) -> None:
    """Measure all batch statistics in one forward pass."""
    network.eval()
    norms = [module for module in network.modules() if isinstance(module, _NORMS)]
    for norm in norms:
        norm.momentum = None  # A plain mean, of one batch.
        norm.train()
    network(network.normalise(_noise(generator).to(network.temperature.device)))


def _noise(generator: torch.Generator, side: int = 192) -> Tensor:
    """Coloured noise at several scales, uint8 [N,side,side,3]."""
    layers = [
        F.interpolate(
            torch.rand(_PICTURES, 3, cells, cells, generator=generator),
            (side, side),
            mode="bilinear",
        )
        for cells in _NOISE_CELLS
    ]
    mixed = torch.stack(layers).mean(0).permute(0, 2, 3, 1)
    return (mixed * 255).to(torch.uint8).contiguous()
