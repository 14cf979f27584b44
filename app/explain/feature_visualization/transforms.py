"""A picture seen a little differently at every step: lucid's "transformation robustness".

What excites a channel from one exact place only is noise; what excites it rotated, enlarged and
shifted a little is a pattern (Olah et al. 2017). A picture repeats beyond its edges, so there is no
border to pad.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class JitterConfig:
    """How much a view may differ from the picture.

    Attributes:
        shift: pixels, in either direction and along both axes.
        zoom: the largest enlargement is 1 + zoom, the smallest 1 / (1 + zoom).
        rotation: degrees, either way.
    """

    shift: float = 8.0
    zoom: float = 0.1
    rotation: float = 8.0


class RandomViews:
    """Draws a view of every picture at each call; each has a random generator of its own.

    Args:
        jitter: how much they may differ.
        seeds: one for each picture.

    Example:
        >>> views = RandomViews(JitterConfig(shift=2), seeds=[0, 1])
        >>> views(torch.rand(2, 3, 16, 16)).shape
        torch.Size([2, 3, 16, 16])
    """

    def __init__(self, jitter: JitterConfig, seeds: Sequence[int]) -> None:
        self.jitter = jitter
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, pictures: Tensor) -> Tensor:
        """Pictures float32 [N,3,S,S] to another view of each, float32 [N,3,S,S]."""
        matrices = self._draw(pictures.shape[2]).to(pictures.device)
        return transform(pictures, matrices)

    def _draw(self, size: int) -> Tensor:
        """From places in the views to places in the pictures, both -1 to 1: float32 [N,2,3]."""
        jitter = self.jitter
        draws = torch.stack([torch.rand(4, generator=each) for each in self._generators])
        rotation, zoom, right, down = (2 * draws - 1).unbind(1)
        angle = torch.deg2rad(rotation * jitter.rotation)
        scale = (1 + jitter.zoom) ** zoom
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        shift = 2 * jitter.shift / size
        rows = [cos, -sin, right * shift, sin, cos, down * shift]
        return torch.stack(rows, 1).view(-1, 2, 3)


def transform(pictures: Tensor, matrices: Tensor) -> Tensor:
    """Pictures that repeat endlessly, seen through affine transforms.

    Args:
        pictures: float32 [N,C,S,S].
        matrices: float32 [N,2,3], as `torch.nn.functional.affine_grid` takes them.

    Returns:
        float32 [N,C,S,S].
    """
    size = pictures.shape[2]
    grid = F.affine_grid(matrices, list(pictures.shape), align_corners=False)
    # Beyond an edge follows the opposite edge: places are wrapped, with a pixel to interpolate.
    wrapped = torch.remainder(grid + 1, 2) - 1
    padded = F.pad(pictures, (1, 1, 1, 1), mode="circular")
    return F.grid_sample(
        padded, wrapped * (size / (size + 2)), mode="bilinear", align_corners=False
    )
