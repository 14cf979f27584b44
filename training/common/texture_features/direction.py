"""Which way strokes run: the structure tensor.

Bigün and Granlund, "Optimal Orientation Detection of Linear Symmetry", ICCV 1987.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from training.common.texture_features.working_picture import WorkingPicture

_FINEST = 0.7  # Pixels: smooths away what is noise rather than a stroke.
_WINDOW = 3.0  # Pixels: how far strokes must be parallel to count as such.
_NOISE = 0.05  # (L* a pixel)^2: less than this is rounding.
_NOTHING = 1e-3  # The same, on average over a picture that is flat but for rounding.
_BINS = 12


class Field(NamedTuple):
    """Directions at each place, float32 [h,w] each.

    Attributes:
        angle: which way strokes run, in radians 0..pi, counter-clockwise from the horizontal.
        coherence: 0 (any way) to 1 (all one way).
        energy: mean squared gradient of the lightness, how much there is to be seen at all.
    """

    angle: np.ndarray
    coherence: np.ndarray
    energy: np.ndarray


class _Tensor(NamedTuple):
    """Mean over a window of the products of the gradient (gx, gy), float32 [h,w] each.

    Attributes:
        along: gx^2 - gy^2.
        across: 2 gx gy.
        energy: gx^2 + gy^2.
    """

    along: np.ndarray
    across: np.ndarray
    energy: np.ndarray


def field(lightness: np.ndarray, window: float = _WINDOW, finest: float = _FINEST) -> Field:
    """Directions and coherence at each place.

    Args:
        lightness: float32 [h,w], L* 0..100.
        window: deviation of the Gaussian over which directions are averaged, in pixels.
        finest: deviation of the Gaussian that is laid over the picture before.
    """
    along, across, energy = _tensor(lightness, window, finest)
    # The gradient lies across the stroke, and pictures count their rows downwards.
    angle = (math.pi / 2 - np.arctan2(across, along) / 2) % math.pi
    coherence = np.hypot(along, across) / (energy + _NOISE)
    return Field(angle.astype(np.float32), coherence.astype(np.float32), energy)


def _tensor(lightness: np.ndarray, window: float, finest: float) -> _Tensor:
    smooth = cv2.GaussianBlur(lightness, (0, 0), finest)
    # Scharr's kernels are divided by the sum of their weights, so that gradients are L* a pixel.
    gx = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 32)
    gy = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 32)
    products = gx * gx - gy * gy, 2 * gx * gy, gx * gx + gy * gy
    return _Tensor(*(cv2.GaussianBlur(product, (0, 0), window) for product in products))


def coherence(working: WorkingPicture) -> float:
    """How parallel neighbouring strokes are, 0 (all directions) to 1.

    Bigün and Granlund's certainty of a direction in windows of some strokes, averaged with the
    gradient's energy as weight, so that empty ground does not count.
    """
    along, across, energy = _tensor(working.lightness, _WINDOW, _FINEST)
    return float(np.hypot(along, across).mean() / (energy.mean() + _NOISE))


def alignment(working: WorkingPicture) -> float:
    """How far all strokes of a picture share one direction, 0 to 1.

    The same certainty with the whole picture as its window.
    """
    along, across, energy = (part.mean() for part in _tensor(working.lightness, 0.5, _FINEST))
    return float(np.hypot(along, across) / (energy + _NOISE))


def directions(working: WorkingPicture, bins: int = _BINS) -> np.ndarray:
    """How much runs which way: shares, float32 [bins], or zeros where nothing has a direction.

    The first bin is centred on the horizontal, then on counter-clockwise.
    """
    angle, certainty, energy = field(working.lightness)
    index = np.rint(angle * (bins / math.pi)).astype(int) % bins
    weights = (certainty * energy).ravel()
    shares, total = np.bincount(index.ravel(), weights, bins), weights.sum()
    if total <= _NOTHING * len(weights):
        return np.zeros(bins, np.float32)
    return (shares / total).astype(np.float32)
