"""Light and dark, coarse and fine, hard and soft: what can be said of the lightness alone."""

import math

import cv2
import numpy as np

from training.common.texture_features.sheet import Sheet

_SCALES = 5  # Tamura's neighbourhoods of 2, 4, 8, 16 and 32 pixels.
_VISIBLE = 1.0  # L*: differences below are not seen, and are rounding.
_FINEST = 0.7  # Pixels: smooths away what is noise rather than an edge.
_EDGE = 15.0  # L*: what rises less is no edge.
_ACROSS = 0.7  # Along a row that crosses an edge at 45 degrees, its slope is 0.7 of the steepest.


def brightness(sheet: Sheet) -> float:
    """Mean lightness, CIELAB's L*: 0 (black) to 100 (white)."""
    return float(sheet.lightness.mean())


def contrast(sheet: Sheet) -> float:
    """How far light and dark lie apart: the deviation of L*, 0 to 50.

    RMS contrast (Peli, "Contrast in complex images", JOSA A 7, 1990), of perceived lightness.
    """
    return float(sheet.lightness.std())


def coarseness(sheet: Sheet) -> float:
    """The size of the marks of which a picture consists, in percent of its longest side.

    Tamura, Mori and Yamawaki, "Textural Features Corresponding to Visual Perception", 1978: at each
    place the size, out of 2, 4, ... 32 pixels, of the neighbourhoods whose means differ most from
    their opposite neighbours'. Places where no difference is visible do not count.

    Returns:
        nan where nothing is visible at all.
    """
    lightness = sheet.lightness
    differences = np.stack([_difference(lightness, 2**k) for k in range(1, _SCALES + 1)])
    best = 2.0 ** (1 + differences.argmax(0))
    seen = differences.max(0) > _VISIBLE
    if not seen.any():
        return math.nan
    return float(100 * best[seen].mean() / max(lightness.shape))


def _difference(lightness: np.ndarray, size: int) -> np.ndarray:
    """How much means over squares differ between opposite neighbours, the larger of two ways."""
    mean = cv2.blur(lightness, (size, size), borderType=cv2.BORDER_REFLECT)
    half = size // 2
    around = cv2.copyMakeBorder(mean, half, half, half, half, cv2.BORDER_REFLECT)
    beside = around[half:-half, : -2 * half] - around[half:-half, 2 * half :]
    above = around[: -2 * half, half:-half] - around[2 * half :, half:-half]
    return np.maximum(np.abs(beside), np.abs(above))


def softness(sheet: Sheet) -> float:
    """How gradually edges pass from dark to light: their width in percent of the longest side.

    Edges are found as Marziliano et al. do ("A no-reference perceptual blur metric", ICIP 2002):
    along rows and columns, the passage from one extreme of lightness to the next. Its width is what
    it rises divided by its steepest slope, so that flat ground on both sides adds nothing; a step
    that a Gaussian of deviation s blurred comes out as sqrt(2 pi (s^2 + 1)), where 1 is what
    measuring adds. The mean over all passages that lie across their edge, weighted by their rise.

    Returns:
        nan where there is no edge.
    """
    smooth = cv2.GaussianBlur(sheet.lightness, (0, 0), _FINEST)
    rises, widths = np.hstack([_passages(smooth), _passages(np.ascontiguousarray(smooth.T))])
    if not len(rises):
        return math.nan
    return float(100 * (rises @ widths) / rises.sum() / max(smooth.shape))


def _passages(lightness: np.ndarray) -> np.ndarray:
    """What rises from one extreme of a row to the next, and how wide that is, float32 [2,N]."""
    steps = np.diff(lightness, axis=1)
    if not steps.size:
        return np.zeros((2, 0), np.float32)
    up = steps > 0
    begins = np.ones(steps.shape, bool)
    begins[:, 1:] = up[:, 1:] != up[:, :-1]
    first = np.flatnonzero(begins)
    rise = np.abs(np.add.reduceat(steps.ravel(), first))
    slope = np.maximum.reduceat(np.abs(steps).ravel(), first)
    steepest = np.maximum.reduceat(_between(_steepness(lightness)).ravel(), first)
    edges = (rise > _EDGE) & (slope > _ACROSS * steepest)
    return np.stack([rise[edges], rise[edges] / steepest[edges]])


def _steepness(lightness: np.ndarray) -> np.ndarray:
    """Length of the gradient, in L* a pixel, float32 [h,w]."""
    down = np.gradient(lightness, axis=0) if len(lightness) > 1 else np.zeros_like(lightness)
    return np.hypot(np.gradient(lightness, axis=1), down)


def _between(values: np.ndarray) -> np.ndarray:
    """The larger of every two neighbours in a row, [h,w] -> [h,w-1]."""
    return np.maximum(values[:, 1:], values[:, :-1])
