"""What JPEG takes from pictures, computed in batches on any device.

As libjpeg with its standard tables and halved colour: the cosine transform of blocks of 8 x 8
pixels is rounded to multiples of the tables. Entropy coding loses nothing, so it is left out.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Annex K of the standard: steps of the coefficients at quality 50."""

TO_YCC = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)
"""Rows: luminance, and the two colour differences around 0, of RGB."""


def recompress(pictures: Tensor, quality: Tensor) -> Tensor:
    """Pictures after JPEG.

    Args:
        pictures: RGB, float32 0..255 [N,3,H,W]; H and W are multiples of 16.
        quality: int64 [N], 1..100.

    Returns:
        float32 [N,3,H,W], whole numbers in 0..255.
    """
    matrix = torch.tensor(TO_YCC)
    to_ycc, to_rgb = (m.to(pictures.device) for m in (matrix, torch.linalg.inv(matrix)))
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, pictures).round()
    colour = F.avg_pool2d(ycc[:, 1:], 2).round()
    luminance = quantised(ycc[:, :1] - 128, steps(LUMINANCE, quality)) + 128
    colour = quantised(colour, steps(COLOUR, quality))
    colour = F.interpolate(colour, scale_factor=2.0, mode="bilinear").round()
    ycc = torch.cat((luminance, colour), 1)
    rgb = torch.einsum("ij,njhw->nihw", to_rgb, ycc)
    return rgb.round().clamp(0, 255)


def steps(table: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """A table at each quality, float32 [N,8,8]."""
    scale = torch.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    base = torch.tensor(table, device=quality.device)
    return ((base * scale[:, None, None] + 50) // 100).clamp(1, 255).float()


def quantised(planes: Tensor, step: Tensor) -> Tensor:
    """Planes whose blocks' cosine transforms are rounded to multiples.

    Args:
        planes: float32 -128..127 [N,C,H,W].
        step: float32 [N,8,8].
    """
    n, c, height, width = planes.shape
    frequency, place = torch.arange(8.0)[:, None], torch.arange(8.0)
    cosines = torch.cos(math.pi / 8 * frequency * (place + 0.5)) / 2
    cosines[0] /= math.sqrt(2)
    cosines = cosines.to(planes.device)
    blocks = planes.view(n, c, height // 8, 8, width // 8, 8).transpose(3, 4)  # [N,C,h,w,8,8]
    step = step[:, None, None, None]
    coefficients = (cosines @ blocks @ cosines.mT / step).round() * step
    restored = (cosines.mT @ coefficients @ cosines).round().clamp(-128, 127)
    return restored.transpose(3, 4).reshape(n, c, height, width)
