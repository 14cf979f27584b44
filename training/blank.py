"""Pictures in which there is nearly nothing to read: tiny, of one colour, a gradient, or noise.

A network has to say something of them too, and is often sure of it. So they are told apart before
it is asked, by how much of a small copy a blur takes away: of a plane of colour or a smooth gradient
next to nothing, of noise next to everything. Pictures of things, and abstract paintings, lie between
(natural images have a spectrum of about 1/f, Field 1987). Torch-free: the app imports it.
"""

from typing import Literal

import cv2
import numpy as np

from training.preprocessing import fit

Blank = Literal["small", "plain", "noise"]
"""Why there is nothing to read: too few pixels, no detail, or nothing but detail."""

LEAST_SIDE = 48
"""Pixels of the shorter side. Of paintings reduced to 32, the reader is right about half as often
above chance as at full size, and no less sure."""

_SIDE = 96  # Longest side of the small copy in pixels.
_FINE, _COARSE = 1.0, 2.0  # Standard deviations of the two blurs, in pixels of the small copy.
_PLAIN = 0.5  # Grey levels that the coarse blur takes away at most; rounding alone makes 0.3.
_GRADIENT = 0.04  # The same, as a share of the picture's own standard deviation.
_NOISE = (0.75, 0.92)  # Shares that the fine and the coarse blur take away at least.


def blank(picture: np.ndarray) -> Blank | None:
    """Why there is nearly nothing to read in a picture, or None.

    Args:
        picture: uint8 RGB [H,W,3] of any size.
    """
    if min(picture.shape[:2]) < LEAST_SIDE:
        return "small"
    copy = fit(picture, _SIDE).astype(np.float32)
    whole = float(np.sqrt(copy.var((0, 1)).mean()))
    fine, coarse = (_taken_away(copy, sigma) for sigma in (_FINE, _COARSE))
    if coarse <= max(_PLAIN, _GRADIENT * whole):
        return "plain"
    if fine >= _NOISE[0] * whole and coarse >= _NOISE[1] * whole:
        return "noise"
    return None


def _taken_away(picture: np.ndarray, sigma: float) -> float:
    """Root mean square of what a Gaussian blur takes from a picture, float32 [H,W,3]."""
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return float(np.sqrt(np.square(picture - blurred).mean()))
