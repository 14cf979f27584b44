"""Painting a picture at one size, and finishing it at another.

    seen = resize(photograph, *working_size(width, height, stroke_size))
    painted = bring_to_size(paint(seen), photograph)

The network's strokes have a size in pixels: it was taught with small pictures, so in a large one
they are a fine scratch. A large picture is therefore painted small, which sets how large its
strokes are, and brought back to its own size with the photograph's detail.
"""

import cv2
import numpy as np
from PIL import Image

from app.colour import luma
from app.errors import UserError
from training.common.preprocessing import resize

WORKING_SIDE = 768
"""Longest side at which a picture is painted with strokes of size 1, unless it is smaller."""

STROKE_SIZES = (0.5, 2.0)
"""Finest and broadest strokes, as multiples of those of a picture painted at `WORKING_SIDE`."""

NATIVE = 0.0
"""The stroke size that stands for the picture's own resolution, in tiles where it is large."""

_RADIUS = 4  # Of the windows in which painting and photograph are compared, in painted pixels.
_NOISE = 30.0  # Variance of the luma in a window, in squared grey levels, that is no detail.
_BEYOND = 16.0  # Grey levels that detail may go beyond the painting's own range around a place.
_STRIP = 256  # Rows at a time, so that a large picture needs no large float arrays.


def check_stroke_size(stroke_size: float) -> None:
    """Raise UserError unless a stroke size is `NATIVE` or within `STROKE_SIZES`."""
    finest, broadest = STROKE_SIZES
    if stroke_size != NATIVE and not finest <= stroke_size <= broadest:
        raise UserError(
            f"The stroke size must be a number from {finest:g} to {broadest:g}, or {NATIVE:g} to"
            " paint at the picture's own resolution."
        )


def working_size(
    width: int, height: int, stroke_size: float, side: int = WORKING_SIDE
) -> tuple[int, int]:
    """Width and height at which a picture is painted, so that its strokes have a size.

    A picture smaller than `side` is painted at its own size with strokes of size 1, and larger
    than it is with finer ones.

    Args:
        width: of the picture, in pixels.
        height: likewise.
        stroke_size: one of `STROKE_SIZES`, or between them, or `NATIVE`.
        side: longest side for strokes of size 1.

    Raises:
        UserError: the stroke size is out of range.
    """
    check_stroke_size(stroke_size)
    if stroke_size == NATIVE:
        return width, height
    scale = min(1, side / max(width, height)) / stroke_size
    return max(1, round(width * scale)), max(1, round(height * scale))


def bring_to_size(painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Bring a painting to the size of its photograph, with the photograph's detail.

    What enlarging cannot know is the luma of the photograph that is lost in a picture as small as
    the painting: one level of a Laplacian pyramid. It is added as strongly as the painting follows
    the photograph around a place: by the slope of the painting's luma over the photograph's, as in
    a guided filter (He et al. 2013; computed at the small size, He and Sun 2015). So contours
    become sharp, light or dark as they were painted, and the photograph's grain does not lie on
    strokes that took its place. No halo: the result's luma stays within what the painting has
    around that place, give or take `_BEYOND`. Hues are the painting's alone.

    Args:
        painted: uint8 RGB [h,w,3], of the photograph's proportions.
        photograph: uint8 RGB [H,W,3].

    Returns:
        uint8 RGB [H,W,3]; `painted` itself if it has that size, and reduced if it is larger.
    """
    height, width = photograph.shape[:2]
    if painted.shape[0] * painted.shape[1] >= height * width:
        return resize(painted, width, height)
    seen, light = (luma(x)[..., 0] for x in (resize(photograph, *painted.shape[1::-1]), painted))
    slope = _slope(seen, light)
    window = np.ones((3, 3), np.uint8)
    lowest, highest = cv2.erode(light, window), cv2.dilate(light, window)
    brought = np.empty_like(photograph)
    for top in range(0, height, _STRIP):
        rows = slice(top, min(top + _STRIP, height))
        coloured = _enlarge(painted, photograph, rows).astype(np.float32)
        base = luma(coloured)[..., 0]
        detail = luma(photograph[rows])[..., 0] - _enlarge(seen, photograph, rows)
        low, high = (_enlarge(x, photograph, rows, smooth=False) for x in (lowest, highest))
        wanted = base + detail * _enlarge(slope, photograph, rows, smooth=False)
        wanted = np.clip(wanted, np.minimum(base, low - _BEYOND), np.maximum(base, high + _BEYOND))
        brought[rows] = np.clip(coloured + (wanted - base)[..., None] + 0.5, 0, 255)
    return brought


def _slope(seen: np.ndarray, light: np.ndarray) -> np.ndarray:
    """How the luma of a painting follows that of its photograph, in -1..1; float32 [h,w] all."""

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (2 * _RADIUS + 1,) * 2, borderType=cv2.BORDER_REPLICATE)

    seen_mean, light_mean = mean(seen), mean(light)
    variance = mean(seen * seen) - seen_mean * seen_mean
    covariance = mean(seen * light) - seen_mean * light_mean
    return mean(np.clip(covariance / (np.maximum(variance, 0) + _NOISE), -1, 1))


def _enlarge(
    small: np.ndarray, picture: np.ndarray, rows: slice, *, smooth: bool = True
) -> np.ndarray:
    """Some rows of what a small picture becomes when it is enlarged to the size of another.

    Args:
        small: uint8 RGB [h,w,3] or float32 [h,w].
        picture: of the size [H,W] wanted.
        rows: which of them.
        smooth: bicubic; else bilinear, which never goes beyond the values it is between.

    Returns:
        uint8 [rows,W,3] or float32 [rows,W].
    """
    height, width = picture.shape[:2]
    high, wide = small.shape[:2]
    box = (0, rows.start * high / height, wide, rows.stop * high / height)
    how = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(small).resize((width, rows.stop - rows.start), how, box=box))
