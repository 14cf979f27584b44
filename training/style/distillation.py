"""How the texture encoder is distilled from a feature network.

It learns the feature network's maps in their leading principal components. Components depend on the
pictures that they were found with: an encoder that is trained further with other pictures would
find every one of them permuted or with another sign; its heads are linear, so they are fitted to
the new components first (`fit_heads`). The losses compare its maps with the components, those of
pictures that are being optimised by it too (`training.style.intermediate_images`).
"""

from collections.abc import Callable, Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from training.networks.texture_encoder import TextureEncoder
from training.networks.vgg import Network
from training.style.losses import content_loss, gram_loss, gram_matrix
from training.style.objective import CONTENT_LAYERS, STYLE_LAYERS


class Components:
    """The leading principal components of feature maps, not centred.

    A Gram matrix holds second moments about zero, so these are the directions in which Gram
    matrices have most of their energy. Every layer is scaled to a mean square of 1 a component.

    Args:
        features: the network whose maps are projected.
        counts: how many components of each layer.
        batches: pictures to find them with, RGB float32 in [0,1] [N,3,H,W] each.

    Attributes:
        energy: share of each layer's mean square that its components hold.
    """

    def __init__(
        self, features: Network, counts: Mapping[str, int], batches: Iterable[Tensor]
    ) -> None:
        self.features = features
        sums = {name: torch.zeros(()) for name in counts}
        pictures = 0
        with torch.no_grad():
            for batch in batches:
                pictures += len(batch)
                for name, maps in features(batch, counts).items():
                    sums[name] = sums[name] + gram_matrix(maps.float()).sum(0)
        self.energy: dict[str, float] = {}
        self.kernels: dict[str, Tensor] = {}
        for name, total in sums.items():
            values, vectors = torch.linalg.eigh(total.double() / pictures)
            kept = values[-counts[name] :]
            self.energy[name] = (kept.sum() / values.sum()).item()
            basis = vectors[:, -counts[name] :].T / kept.mean().sqrt()
            self.kernels[name] = basis.float()[:, :, None, None].contiguous()

    @torch.no_grad()
    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """RGB float32 in [0,1] [N,3,H,W] -> components [N,counts,h,w] by name."""
        maps = self.features(image, self.kernels)
        return {name: F.conv2d(maps[name], kernel) for name, kernel in self.kernels.items()}


RIDGE = 1e-4
"""Of the mean square of a stage's maps: keeps maps that are always 0 from mattering."""


@torch.no_grad()
def fit_heads(
    network: TextureEncoder,
    teacher: Callable[[Tensor], dict[str, Tensor]],
    batches: Iterable[Tensor],
) -> None:
    """Replace all heads by the least-squares ones (ridge regression on each layer's pixels).

    Args:
        network: changed in place; its convolutions stay as they are.
        teacher: gives the maps [N,C,h,w] that the heads shall give, by name.
        batches: pictures, RGB float32 in [0,1] [N,3,H,W] each.
    """
    inner: dict[str, Tensor] = {}
    hooks = [
        head.register_forward_pre_hook(lambda _, args, name=name: inner.update({name: args[0]}))
        for name, head in network.heads.items()
    ]
    squares: dict[str, Tensor] = {}
    mixed: dict[str, Tensor] = {}
    try:
        for batch in batches:
            network(batch)
            for name, wanted in teacher(batch).items():
                maps = F.pad(_pixels(inner[name]), (0, 1), value=1)  # the last one is the bias
                square, product = maps.mT @ maps, maps.mT @ _pixels(wanted)
                squares[name] = squares[name] + square if name in squares else square
                mixed[name] = mixed[name] + product if name in mixed else product
    finally:
        for hook in hooks:
            hook.remove()
    for name, total in squares.items():
        ridge = RIDGE * total.diagonal()[:-1].mean() * torch.ones_like(total.diagonal())
        ridge[-1] = 0
        solution = torch.linalg.solve(total + ridge.diag(), mixed[name])
        head = network.heads[name]
        assert isinstance(head, torch.nn.Conv2d)
        assert head.bias is not None
        head.weight.copy_(solution[:-1].T[:, :, None, None])
        head.bias.copy_(solution[-1])


def _pixels(maps: Tensor) -> Tensor:
    """[N,C,h,w] -> float64 [N*h*w,C]."""
    return maps.double().permute(0, 2, 3, 1).flatten(0, 2)


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
