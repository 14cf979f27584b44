"""Preprocessing for the style encoder. Torch-free: the app imports it."""

import numpy as np

from training.common.preprocessing import Box, resize

STYLE_SIDE = 384
"""Shorter side at which a style picture of size 1 is seen, in pixels."""

STYLE_RATIO = 4
"""Of a style picture that is longer than this many times its shorter side, the middle is seen."""


def prepare_style(picture: np.ndarray, side: int = STYLE_SIDE) -> np.ndarray:
    """A picture as the style encoder's input.

    Args:
        picture: uint8 RGB [H,W,3] of any size.
        side: of the result's shorter side, in pixels.

    Returns:
        uint8 RGB [h,w,3]: all of it, or the middle of a very long one (see `STYLE_RATIO`).
    """
    height, width = picture.shape[:2]
    shorter = min(height, width)
    high, wide = min(height, STYLE_RATIO * shorter), min(width, STYLE_RATIO * shorter)
    middle = Box((width - wide) // 2, (height - high) // 2, wide, high)
    return resize(
        picture[middle.slices], round(wide * side / shorter), round(high * side / shorter)
    )
