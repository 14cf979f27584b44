"""The losses of style transfer, each divided by its target's energy.

So a loss of 1 means the same at every layer, size and network: as far from the target as an empty
map is. All take feature maps [N,C,h,w] (two may differ in h and w where only statistics are
compared) and give one float32 number a picture, [N].

Where a function takes `where`, it is how much each position counts, float [N,1,h,w], not negative
and 1 on average; None counts all alike. Gatys et al. (2017) call this guided Gram matrices.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON = 1e-8


class _SelfProduct(torch.autograd.Function):
    """X X^T. Autograd alone would multiply twice on the way back, once for each factor."""

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        context.save_for_backward(rows)
        return rows @ rows.mT

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (rows,) = context.saved_tensors
        product: Tensor = (gradient + gradient.mT).to(rows.dtype) @ rows
        return product


def content_loss(maps: Tensor, target: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean squared difference of feature maps (Gatys et al. 2016, equation 1)."""
    maps, target = maps.float(), target.float()
    if where is not None:
        root = where.sqrt()
        maps, target = maps * root, target * root
    return _relative((maps - target).flatten(1), target.flatten(1))


def gram_matrix(maps: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean product of every two maps over all positions, [N,C,h,w] -> float32 [N,C,C]."""
    if where is not None:
        maps = maps * where.sqrt().to(maps.dtype)
    flat = maps.flatten(2)
    product: Tensor = _SelfProduct.apply(flat)
    return product.float() / flat.shape[2]


def gram_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of Gram matrices, [N,C,C] both (Gatys et al. 2016, equation 4)."""
    return _relative((gram - target).flatten(1), target.flatten(1))


def moments(maps: Tensor, gram: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean and standard deviation of every map, [N,C,h,w] -> float32 [N,2C].

    Args:
        maps: feature maps.
        gram: their Gram matrix, taken at the same places, whose diagonal holds the mean squares.
        where: how much each position counts.
    """
    if where is not None:
        maps = maps * where.to(maps.dtype)
    flat = maps.flatten(2)
    mean = flat.sum(2).float() / flat.shape[2]
    variance = gram.diagonal(dim1=1, dim2=2) - mean.square()
    return torch.cat([mean, (variance.clamp(min=0) + EPSILON).sqrt()], 1)


def moments_loss(found: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of `moments`, [N,2C] both (Li et al. 2017, Huang et al. 2017)."""
    return _relative(found - target, target)


def sliced_wasserstein_loss(maps: Tensor, target: Tensor, directions: Tensor) -> Tensor:
    """Squared sliced Wasserstein distance (Heitz et al. 2021), as a share of the target's variance.

    All values of a map count, not their second moments alone: so it sees motifs that Gram matrices
    do not.

    Args:
        maps: [N,C,h,w].
        target: [N,C,h',w'].
        directions: unit vectors to project on, float32 [K,C].
    """
    found, wanted = (
        (directions.to(each.dtype) @ each.flatten(2)).float().sort(dim=2).values
        for each in (maps, target)
    )
    if found.shape[2] != wanted.shape[2]:
        wanted = F.interpolate(wanted, found.shape[2], mode="linear", align_corners=True)
    variance = wanted.var(2, correction=0).mean(1)
    return (found - wanted).square().mean((1, 2)) / (variance + EPSILON)


def nearest_neighbour_loss(maps: Tensor, target: Tensor) -> Tensor:
    """Mean cosine distance of every place to the most similar place of the target.

    Both less the target's mean (Kolkin et al., "Neural Neighbor Style Transfer", 2022).

    Args:
        maps: [N,C,h,w].
        target: [N,C,h',w'].
    """
    centre = target.float().mean((2, 3), keepdim=True)
    found, wanted = (F.normalize((x.float() - centre).flatten(2), dim=1) for x in (maps, target))
    return 1 - (found.mT @ wanted).amax(2).float().mean(1)


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of a picture [N,3,H,W]."""
    across = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean((1, 2, 3))
    down = (image[:, :, 1:] - image[:, :, :-1]).square().mean((1, 2, 3))
    return across + down


def _relative(difference: Tensor, target: Tensor) -> Tensor:
    return difference.square().mean(1) / (target.square().mean(1) + EPSILON)
