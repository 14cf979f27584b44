"""Looking at a canvas a little differently at every step.

What pleases a channel from one exact place only is noise; what pleases it turned, enlarged and
shifted a little is a pattern (Olah et al. 2017). A canvas repeats beyond its edges, so there is no
border to pad.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class JitterConfig:
    """How much a view may differ from the canvas.

    Attributes:
        shift: pixels, in either direction and along both axes.
        zoom: the largest enlargement is 1 + zoom, the smallest 1 / (1 + zoom).
        turn: degrees, either way.
    """

    shift: float = 8.0
    zoom: float = 0.1
    turn: float = 8.0


class Views:
    """Draws a view of every canvas at each call; each has chance of its own, by its seed.

    Args:
        jitter: how much they may differ.
        seeds: one for each canvas.
    """

    def __init__(self, jitter: JitterConfig, seeds: Sequence[int]) -> None:
        self.jitter = jitter
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, pictures: Tensor) -> Tensor:
        """float32 [N,3,S,S] -> another look at each, float32 [N,3,S,S]."""
        maps = self._maps(pictures.shape[2]).to(pictures.device)
        return look(pictures, maps)

    def _maps(self, size: int) -> Tensor:
        """From places in the views to places on the canvases, both -1 to 1: float32 [N,2,3]."""
        jitter = self.jitter
        draws = torch.stack([torch.rand(4, generator=each) for each in self._generators])
        turn, zoom, right, down = (2 * draws - 1).unbind(1)
        angle = torch.deg2rad(turn * jitter.turn)
        scale = (1 + jitter.zoom) ** zoom
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        shift = 2 * jitter.shift / size
        rows = [cos, -sin, right * shift, sin, cos, down * shift]
        return torch.stack(rows, 1).view(-1, 2, 3)


def look(pictures: Tensor, maps: Tensor) -> Tensor:
    """Pictures that repeat endlessly, seen through affine maps.

    Args:
        pictures: float32 [N,C,S,S].
        maps: float32 [N,2,3], as `torch.nn.functional.affine_grid` takes them.
    """
    size = pictures.shape[2]
    grid = F.affine_grid(maps, list(pictures.shape), align_corners=False)
    # Beyond the edge comes the other edge: wrap places round, with a pixel to interpolate with.
    inner = torch.remainder(grid + 1, 2) - 1
    padded = F.pad(pictures, (1, 1, 1, 1), mode="circular")
    return F.grid_sample(padded, inner * (size / (size + 2)), mode="bilinear", align_corners=False)
