"""Pictures in which there is nearly nothing to read: tiny, of one colour, a gradient, or noise.

A classifier gives a movement for them too, often a confident one. So they are found by
measuring a small copy: a blur takes next to nothing from one colour or a smooth gradient, and noise
alone has a flat spectrum. Torch-free: the app imports it.
"""

from typing import Literal

import cv2
import numpy as np

from training.common.preprocessing import fit

Blank = Literal["small", "plain", "noise"]
"""Why there is nothing to classify: too few pixels, no detail, or only what looks like chance."""

LEAST_SIDE = 48
"""Pixels of the shorter side: it recognises ever fewer smaller copies, no less confidently."""

_SIDE = 96  # Longest side of the small copy in pixels.
_BLUR = 2.0  # Standard deviation in pixels of the small copy.
_PLAIN = 0.5  # Grey levels that a blur takes away at most; rounding alone makes 0.3.
_GRADIENT = 0.05  # The same, as a share of the picture's own standard deviation.
_FLAT = 0.5  # Spectral flatness of noise: 0.56 in one channel, 0.8 in three; less when reduced.


def blank(picture: np.ndarray) -> Blank | None:
    """Why there is nearly nothing to read in a picture, or None.

    Args:
        picture: uint8 RGB [H,W,3] of any size.
    """
    if min(picture.shape[:2]) < LEAST_SIDE:
        return "small"
    copy = fit(picture, _SIDE).astype(np.float32)
    if _detail(copy) <= max(_PLAIN, _GRADIENT * float(np.sqrt(copy.var((0, 1)).mean()))):
        return "plain"
    return "noise" if spectral_flatness(copy) >= _FLAT else None


def _detail(picture: np.ndarray) -> float:
    """Root mean square of what a Gaussian blur takes from a picture, float32 [H,W,3]."""
    blurred = cv2.GaussianBlur(picture, (0, 0), _BLUR, borderType=cv2.BORDER_REFLECT)
    return float(np.sqrt(np.square(picture - blurred).mean()))


def spectral_flatness(picture: np.ndarray) -> float:
    """Geometric by arithmetic mean of the power spectrum (Gray and Markel 1974), 0 to 1.

    White noise in one channel has exp(-0.577) = 0.56, as the power of each frequency is
    exponentially distributed; in pictures low frequencies prevail, and few reach 0.2.

    Args:
        picture: float32 [H,W,C]; the power is the sum over channels, without the mean colour.
    """
    spectrum = np.fft.rfft2(picture - picture.mean((0, 1)), axes=(0, 1))
    power = np.square(np.abs(spectrum)).sum(-1).ravel()[1:] + 1e-9
    return float(np.exp(np.log(power).mean()) / power.mean())
