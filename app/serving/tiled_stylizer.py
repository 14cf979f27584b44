"""Painting pictures that are too large for one pass.

Tiles would each be normalised by statistics of their own and so differ in colour. All of them are
given those of a thumbnail instead (URST, Chen et al. 2021, arXiv 2103.11784), which is as large as
a tile and painted first. It is the preview too, until the tiles replace it.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from app.serving.mask import composite, fit_mask
from app.serving.tiles import paint_tiles, reduced_box
from training.common.preprocessing import Box, resize

if TYPE_CHECKING:
    from app.serving.stylizer import Stylizer

LARGEST = 8192
"""Longest side that the network takes."""


def paint_large(
    stylizer: "Stylizer",
    picture: np.ndarray,
    canvas: np.ndarray,
    vector: np.ndarray,
    rows: list[list[Box]],
    mask: np.ndarray | None,
    feather: float,
) -> Iterator[np.ndarray]:
    """Paint the tiles of a picture onto a canvas, and give a preview of the whole after each.

    Args:
        stylizer: what paints.
        picture: uint8 RGB [H,W,3].
        canvas: uint8 RGB [H,W,3], changed in place; see `paint_tiles`.
        vector: float32 [D], the style.
        rows: where the tiles lie.
        mask: for the previews only; see `Stylizer.steps`.
        feather: likewise.

    Yields:
        uint8 RGB [h,w,3], of about a tile's area or less: the thumbnail, then with each tile.
    """
    height, width = picture.shape[:2]
    scale = min(1, stylizer.tile / math.sqrt(height * width), LARGEST / max(height, width))
    wide, high = (max(1, round(length * scale)) for length in (width, height))
    thumbnail = resize(picture, wide, high)
    small_mask = None if mask is None else fit_mask(mask, wide, high)
    (preview,), statistics = stylizer.run(thumbnail[None], vector[None])

    def shown() -> np.ndarray:
        if small_mask is None:
            return preview.copy()
        return composite(thumbnail, preview, small_mask, feather)

    def paint(part: np.ndarray) -> np.ndarray:
        return stylizer.run(part[None], vector[None], statistics)[0][0]

    yield shown()
    for box, part in paint_tiles(picture, canvas, rows, paint):
        place = reduced_box(box, picture, preview)
        preview[place.slices] = resize(part, place.width, place.height)
        yield shown()
