"""Two failures of a stylizer: the same strokes in all styles, and the photograph's colours.

A stylizer can have a low style loss and still add one kind of stroke to everything. So the strokes
that it adds to one photograph in different styles are correlated, and so are the colours before
and after.
"""

from itertools import combinations
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab
from torch import Tensor

from training.networks.style_transfer import luminance

STROKES, COLOURS = 4.0, 3.0
"""Standard deviations in pixels of the Gaussians that part strokes from what is larger, and that
even out strokes before colours are compared."""


def added_strokes(photographs: Tensor, painted: Tensor) -> Tensor:
    """The fine luminance that painting adds, as unit vectors.

    High-pass luminance (less a Gaussian of `STROKES` pixels) of the painted pictures, less its
    projection on that of the photographs.

    Args:
        photographs: RGB float32 in [0,1] [N,3,H,W].
        painted: likewise.

    Returns:
        float32 [N,H*W], each of length 1, or 0 where nothing is added.
    """
    edges, strokes = (_high_pass(luminance(each.float())) for each in (photographs, painted))
    edges = F.normalize(edges, dim=1)
    return F.normalize(strokes - (strokes * edges).sum(1, keepdim=True) * edges, dim=1)


def _high_pass(maps: Tensor) -> Tensor:
    """[N,1,H,W] -> [N,H*W], less their local mean, and of mean 0."""
    radius = int(4 * STROKES)  # scipy's choice too: a Gaussian is cut off at four deviations
    offsets = torch.arange(-radius, radius + 1, device=maps.device, dtype=maps.dtype)
    kernel = torch.softmax(-0.5 * (offsets / STROKES).square(), 0)
    padded = F.pad(maps, (radius,) * 4, mode="reflect")
    smooth = F.conv2d(F.conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    high = (maps - smooth).flatten(1)
    return high - high.mean(1, keepdim=True)


def likeness_loss(photographs: Tensor, painted: Tensor, different: Tensor) -> Tensor:
    """Mean square of the correlation of strokes in neighbours, 2i and 2i+1, of a batch.

    Args:
        photographs: RGB float32 in [0,1] [N,3,H,W], of which two neighbours are the same.
        painted: likewise, in two styles.
        different: bool [N/2], which neighbours count.
    """
    strokes = added_strokes(photographs, painted)
    correlation = (strokes[::2] * strokes[1::2]).sum(1)
    return (correlation.square() * different).sum() / different.sum().clamp(min=1)


def stroke_likeness(photograph: Tensor, painted: Tensor) -> float:
    """Mean correlation, over all pairs of styles, of the strokes added to one photograph.

    Args:
        photograph: RGB float32 in [0,1] [1,3,H,W].
        painted: the same in several styles, [N,3,H,W].
    """
    strokes = added_strokes(photograph.expand(len(painted), -1, -1, -1), painted)
    return fmean(float(a @ b) for a, b in combinations(strokes, 2))


def colour_leak(photograph: np.ndarray, painted: np.ndarray) -> float:
    """Mean correlation of Lab's a and of its b, each smoothed, before and after painting.

    Args:
        photograph: uint8 RGB [H,W,3].
        painted: likewise.

    Returns:
        -1..1; a channel that is flat before or after counts as 0.
    """
    before, after = (_colours(each) for each in (photograph, painted))
    sizes = np.linalg.norm(before, axis=0) * np.linalg.norm(after, axis=0)
    return float(((before * after).sum(0) / np.maximum(sizes, 1e-6)).mean())


def _colours(picture: np.ndarray) -> np.ndarray:
    """uint8 RGB [H,W,3] -> a and b, smoothed and less their means, [H*W,2]."""
    colours = gaussian_filter(rgb2lab(picture)[..., 1:], (COLOURS, COLOURS, 0)).reshape(-1, 2)
    result: np.ndarray = colours - colours.mean(0)
    return result
