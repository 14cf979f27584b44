"""What the texture encoder learns: a feature network's maps in their principal components."""

from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

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
