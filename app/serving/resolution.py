"""Painting a picture at a working size, and resizing the result to the size of the photograph.

    resized = resize(photograph, *working_size(width, height, stroke_size))
    painted = resize_to_photograph(paint(resized), photograph)

The network's strokes have a size in pixels: it was trained with small pictures, so in a large one
they would be too fine. A large picture is therefore painted small, which sets the size of its
strokes, and enlarged with the photograph's detail.
"""

import cv2
import numpy as np
from PIL import Image

from app.colour import luma
from app.errors import UserError
from app.translation import gettext as _
from training.common.preprocessing import resize

WORKING_SIDE = 768
"""Longest side at which a picture is painted with strokes of size 1, unless it is smaller."""

STROKE_SIZES = (0.5, 2.0)
"""Finest and broadest strokes, as multiples of those at `WORKING_SIDE`."""

NATIVE = 0.0
"""The stroke size that means the picture's own resolution, in tiles where it is large."""

_RADIUS = 4  # Of the windows in which painting and photograph are compared, in painted pixels.
_NOISE = 30.0  # Variance of the luma in a window, in squared grey levels, that counts as noise.
_MARGIN = 16.0  # Grey levels by which detail may exceed the painting's local range.
_STRIP = 256  # Rows at a time, so that a large picture needs no large float arrays.


def check_stroke_size(stroke_size: float) -> None:
    """Raise UserError unless a stroke size is `NATIVE` or within `STROKE_SIZES`."""
    finest, broadest = STROKE_SIZES
    if stroke_size != NATIVE and not finest <= stroke_size <= broadest:
        sentence = _(
            "The stroke size must be a number from {finest:g} to {broadest:g}, or {native:g} to"
            " paint at the picture's own resolution."
        )
        raise UserError(sentence.format(finest=finest, broadest=broadest, native=NATIVE))


def working_size(
    width: int, height: int, stroke_size: float, side: int = WORKING_SIDE
) -> tuple[int, int]:
    """Width and height at which a picture is painted to get strokes of a size.

    A picture smaller than `side` is painted at its own size with strokes of size 1, and enlarged
    for finer ones.

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


def resize_to_photograph(painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Resize a painting to the size of its photograph, with the photograph's detail.

    The detail is the luma of the photograph that is lost at the size of the painting: one level of
    a Laplacian pyramid. It is added in proportion to how the painting follows the photograph
    locally: by the slope of the painting's luma over the photograph's, as in a guided filter (He
    et al. 2013; computed at the small size, He and Sun 2015). So contours become sharp, light or
    dark as they were painted, and strokes that replaced the photograph's texture do not show it.
    There is no halo: the result's luma stays within the painting's local range, plus or minus
    `_MARGIN`. Hues are those of the painting.

    Args:
        painted: uint8 RGB [h,w,3], of the photograph's proportions.
        photograph: uint8 RGB [H,W,3].

    Returns:
        uint8 RGB [H,W,3]; `painted` itself if it has that size, and reduced if it is larger.
    """
    height, width = photograph.shape[:2]
    if painted.shape[0] * painted.shape[1] >= height * width:
        return resize(painted, width, height)
    reduced = luma(resize(photograph, *painted.shape[1::-1]))[..., 0]
    light = luma(painted)[..., 0]
    slope = _slope(reduced, light)
    window = np.ones((3, 3), np.uint8)
    lowest, highest = cv2.erode(light, window), cv2.dilate(light, window)
    result = np.empty_like(photograph)
    for top in range(0, height, _STRIP):
        rows = slice(top, min(top + _STRIP, height))
        enlarged = _enlarge(painted, photograph, rows).astype(np.float32)
        base = luma(enlarged)[..., 0]
        detail = luma(photograph[rows])[..., 0] - _enlarge(reduced, photograph, rows)
        low, high = (_enlarge(x, photograph, rows, smooth=False) for x in (lowest, highest))
        wanted = base + detail * _enlarge(slope, photograph, rows, smooth=False)
        wanted = np.clip(wanted, np.minimum(base, low - _MARGIN), np.maximum(base, high + _MARGIN))
        result[rows] = np.clip(enlarged + (wanted - base)[..., None] + 0.5, 0, 255)
    return result


def _slope(reduced: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Local slope of a painting's luma over its photograph's, in -1..1; float32 [h,w] all."""

    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.blur(x, (2 * _RADIUS + 1,) * 2, borderType=cv2.BORDER_REPLICATE)

    reduced_mean, light_mean = mean(reduced), mean(light)
    variance = mean(reduced * reduced) - reduced_mean * reduced_mean
    covariance = mean(reduced * light) - reduced_mean * light_mean
    return mean(np.clip(covariance / (np.maximum(variance, 0) + _NOISE), -1, 1))


def _enlarge(
    small: np.ndarray, picture: np.ndarray, rows: slice, *, smooth: bool = True
) -> np.ndarray:
    """Some rows of a small picture enlarged to the size of another.

    Args:
        small: uint8 RGB [h,w,3] or float32 [h,w].
        picture: of the wanted size [H,W].
        rows: of the result.
        smooth: bicubic; else bilinear, which never exceeds the values around it.

    Returns:
        uint8 [rows,W,3] or float32 [rows,W].
    """
    height, width = picture.shape[:2]
    small_height, small_width = small.shape[:2]
    top, bottom = (row * small_height / height for row in (rows.start, rows.stop))
    box = (0, top, small_width, bottom)
    size = (width, rows.stop - rows.start)
    kernel = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(small).resize(size, kernel, box=box))
