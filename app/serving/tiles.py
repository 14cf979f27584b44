"""Painting pictures that are too large for one pass: in overlapping tiles, joined without a seam.

A network sees nothing beyond the edges of its input, so it paints something else there. Neighbours
therefore overlap, and in the overlap one fades into the other. Tiles normalised by their own
statistics would differ in colour: all of them use those of a thumbnail instead (URST, Chen et al.
2021, arXiv 2103.11784), which is as large as a tile and painted first. It is the preview, too,
until the tiles replace it.
"""

import math
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from app.serving.masks import composite, fit_mask
from training.common.preprocessing import Box, resize

STEP = 256
"""Tiles begin at multiples of this, the period of the network's noise, so that it is continuous."""

LARGEST = 8192
"""Longest side that the network accepts."""


class RunStylizer(Protocol):
    """Runs the stylizer once, as `app.serving.stylizer.Stylizer.run` does."""

    def __call__(
        self, pictures: np.ndarray, vectors: np.ndarray, statistics: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Painted pictures, uint8 RGB [N,H,W,3], and their statistics, float32 [N,S]."""


def spans(length: int, tile: int, overlap: int, step: int = STEP) -> list[tuple[int, int]]:
    """Cut a length into the fewest overlapping parts, as even as the grid allows.

    Args:
        length: what to cover, in pixels, at least 1.
        tile: longest part, a multiple of `step`.
        overlap: minimum that neighbours share, a multiple of `step` and shorter than `tile`.
        step: parts begin at multiples of it.

    Returns:
        (start, stop) of each part, in order. All are `tile` long but the last, which is less than
        `step` shorter, or the only one.

    Raises:
        ValueError: `tile` or `overlap` is not as described.
    """
    if tile % step or overlap % step or not 0 <= overlap < tile:
        raise ValueError(f"tiles of {tile} that share {overlap} do not fit a grid of {step}")
    if length <= tile:
        return [(0, length)]
    last = -(-(length - tile) // step)  # Start of the last part, in steps, rounded up.
    gaps = -(-last // ((tile - overlap) // step))
    starts = [step * (last * index // gaps) for index in range(gaps + 1)]
    return [(start, min(start + tile, length)) for start in starts]


def grid(width: int, height: int, tile: int, overlap: int, step: int = STEP) -> list[list[Box]]:
    """Cover a picture with square tiles, row by row; for arguments and errors see `spans`."""
    columns = spans(width, tile, overlap, step)
    return [
        [Box(left, top, right - left, bottom - top) for left, right in columns]
        for top, bottom in spans(height, tile, overlap, step)
    ]


def reduced_box(box: Box, picture: np.ndarray, preview: np.ndarray) -> Box:
    """Place of a box of a picture [H,W,3] in its preview [h,w,3]: all pixels that it touches."""
    height, width = picture.shape[:2]
    high, wide = preview.shape[:2]
    left, top = box.left * wide // width, box.top * high // height
    right = -(-(box.left + box.width) * wide // width)
    bottom = -(-(box.top + box.height) * high // height)
    return Box(left, top, right - left, bottom - top)


def paint_tiles(
    picture: np.ndarray,
    canvas: np.ndarray,
    rows: list[list[Box]],
    paint: Callable[[np.ndarray], np.ndarray],
) -> Iterator[tuple[Box, np.ndarray]]:
    """Paint a picture tile by tile onto a canvas, which is complete after the last tile.

    Besides the two, only one row of tiles is held in memory.

    Args:
        picture: uint8 RGB [H,W,3].
        canvas: uint8 RGB [H,W,3], changed in place; it stays as it is where there is no tile.
        rows: places of the tiles, from `grid`; any of them may be left out.
        paint: from a part of the picture, uint8 [h,w,3], to the same painted.

    Yields:
        The place of each tile, and the painted tile, uint8 [h,w,3].
    """
    bottom = 0  # Of the rows painted so far.
    for row in filter(None, rows):
        strip, right = picture[row[0].slices[0]].copy(), 0
        for box in row:
            part = paint(picture[box.slices])
            blend_beside(strip, part, box.left, max(right, box.left))
            right = box.left + box.width
            yield box, part
        top = row[0].top
        blend_below(canvas, strip, top, max(bottom, top))
        bottom = top + row[0].height


def blend_below(canvas: np.ndarray, part: np.ndarray, top: int, bottom: int) -> None:
    """Paste a part onto a canvas, blending it over the lower edge of what was painted before.

    From row `top` to row `bottom` the old fades into the new: in the middle half only, because each
    of them is least reliable near its own edge.

    Args:
        canvas: uint8 [H,W,3], painted down to row `bottom`; changed in place.
        part: uint8 [h,W,3].
        top: the canvas's row where the part begins.
        bottom: the canvas's row where the painted rows end, in top..top+h.
    """
    shared = bottom - top
    middle = (np.arange(shared, dtype=np.float32) + 0.5) / max(1, shared) - 0.5  # -0.5..0.5
    weight = np.clip(0.5 + 2 * middle, 0, 1)[:, None, None]
    old = canvas[top:bottom].astype(np.float32)
    canvas[top:bottom] = old + (part[:shared] - old) * weight + 0.5
    canvas[bottom : top + len(part)] = part[shared:]


def blend_beside(canvas: np.ndarray, part: np.ndarray, left: int, right: int) -> None:
    """As `blend_below`, but over the right edge of what was painted; all are columns."""
    blend_below(canvas.swapaxes(0, 1), part.swapaxes(0, 1), left, right)


def paint_large(
    run: RunStylizer,
    tile: int,
    picture: np.ndarray,
    canvas: np.ndarray,
    vector: np.ndarray,
    rows: list[list[Box]],
    mask: np.ndarray | None,
    feather: float,
) -> Iterator[np.ndarray]:
    """Paint the tiles of a picture onto a canvas, and give a preview of the whole after each.

    Args:
        run: paints.
        tile: side of a tile in pixels.
        picture: uint8 RGB [H,W,3].
        canvas: uint8 RGB [H,W,3], changed in place; see `paint_tiles`.
        vector: float32 [D], the style.
        rows: places of the tiles.
        mask: for the previews only; see `app.serving.stylizer.Stylizer.steps`.
        feather: likewise.

    Yields:
        uint8 RGB [h,w,3], of about a tile's area or less: the thumbnail, then with each tile.
    """
    height, width = picture.shape[:2]
    scale = min(1, tile / math.sqrt(height * width), LARGEST / max(height, width))
    small_width, small_height = (max(1, round(length * scale)) for length in (width, height))
    thumbnail = resize(picture, small_width, small_height)
    small_mask = None if mask is None else fit_mask(mask, small_width, small_height)
    (preview,), statistics = run(thumbnail[None], vector[None])

    def masked_preview() -> np.ndarray:
        if small_mask is None:
            return preview.copy()
        return composite(thumbnail, preview, small_mask, feather)

    yield masked_preview()
    for box, part in paint_tiles(
        picture, canvas, rows, lambda part: run(part[None], vector[None], statistics)[0][0]
    ):
        place = reduced_box(box, picture, preview)
        preview[place.slices] = resize(part, place.width, place.height)
        yield masked_preview()
