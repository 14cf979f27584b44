"""What the texture encoder minimises, and what pictures minimise that it is tried on."""

from collections.abc import Mapping

import torch
from torch import Tensor

from training.style.losses import content_loss, gram_loss, gram_matrix
from training.style.objective import CONTENT_LAYERS, STYLE_LAYERS


def distillation_losses(
    maps: Mapping[str, Tensor], target_maps: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far maps [N,C,h,w] are from a teacher's, by name; all are 0 where they agree.

    `maps` is the squared error as a share of the teacher's variance, a layer each; `gram` the Gram
    loss.
    """
    losses = {}
    for name in maps:
        found, target = maps[name].float(), target_maps[name].float()
        variance = (target - target.mean((0, 2, 3), keepdim=True)).square().mean()
        losses[f"{name} maps"] = (found - target).square().mean() / variance
        losses[f"{name} gram"] = gram_loss(gram_matrix(found), gram_matrix(target)).mean()
    return losses


def difference_losses(
    maps: Mapping[str, Tensor], target_maps: Mapping[str, Tensor], n: int
) -> dict[str, Tensor]:
    """How far the differences that an optimisation sees are from those that the teacher sees.

    A picture is optimised until the network sees no difference between its Gram matrices and the
    style's. Then `style` is the style loss that the teacher would still find (in its components):
    what the network is alike mistaken about in both pictures does no harm. So with `content`.

    Args:
        maps: [N,C,h,w] of n pictures, their n photographs, their n styles, and maybe others.
        target_maps: the teacher's.
        n: how many pictures.

    Returns:
        `style` and `content`, each the mean of its layers.
    """

    def error(name: str, grams: bool, other: int) -> Tensor:
        found, target = (each[name][: 3 * n].float() for each in (maps, target_maps))
        if grams:
            found, target = gram_matrix(found), gram_matrix(target)
        picture, reference = slice(0, n), slice(other * n, (other + 1) * n)
        difference = (found[picture] - found[reference]) - (target[picture] - target[reference])
        size = target[reference].square().flatten(1).mean(1)
        return (difference.square().flatten(1).mean(1) / size).mean()

    return {
        "content": torch.stack([error(name, False, 1) for name in CONTENT_LAYERS]).mean(),
        "style": torch.stack([error(name, True, 2) for name in STYLE_LAYERS]).mean(),
    }


def picture_losses(maps: Mapping[str, Tensor], beta: Tensor) -> Tensor:
    """What the pictures in the pool minimise, summed: content + beta * style of each.

    Args:
        maps: [N,C,h,w] of n pictures, their n photographs, their n styles, and maybe others.
        beta: float [n].
    """
    n = len(beta)
    content = [
        content_loss(maps[name][:n], maps[name][n : 2 * n].detach()) for name in CONTENT_LAYERS
    ]
    style = []
    for name in STYLE_LAYERS:
        picture, target = maps[name][:n].float(), maps[name][2 * n : 3 * n].detach().float()
        style.append(gram_loss(gram_matrix(picture), gram_matrix(target)))
    total = torch.stack(content).mean(0) + beta * torch.stack(style).mean(0)
    return total.sum()
