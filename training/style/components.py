"""What the texture encoder learns: a feature network's maps in their principal components.

Components depend on the pictures that they were found with. An encoder that is trained further with
other pictures would find every one of them permuted or with another sign; its heads are linear, so
they are fitted to the new components first.
"""

from collections.abc import Callable, Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from training.networks.texture_encoder import TextureEncoder
from training.networks.vgg import Network
from training.style.losses import gram_matrix


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
