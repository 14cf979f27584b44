"""A picture in overlapping tiles: where they lie, and how they join without a seam.

A network sees nothing beyond the edges of its input, so near an edge that the picture does not have
it paints something else. Neighbours therefore overlap, and in the overlap one fades into the other.
"""

from collections.abc import Callable, Iterator

import numpy as np

from training.common.preprocessing import Box

STEP = 256
"""Tiles begin at multiples of this, the period of the network's noise, so that all see the same."""


def spans(length: int, tile: int, overlap: int, step: int = STEP) -> list[tuple[int, int]]:
    """Cut a length into as few overlapping parts as will do, as even as the grid allows.

    Args:
        length: what to cover, in pixels, at least 1.
        tile: longest part, a multiple of `step`.
        overlap: least that neighbours share, a multiple of `step` and shorter than `tile`.
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
    last = -(-(length - tile) // step)  # where the last part starts, in steps, rounded up
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
    """Where a box of a picture [H,W,3] lies in its preview [h,w,3]: all pixels that it touches."""
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
    """Paint a picture tile by tile onto a canvas, where it is whole after the last one.

    Beside the two only one row of tiles is held in memory.

    Args:
        picture: uint8 RGB [H,W,3].
        canvas: uint8 RGB [H,W,3], changed in place; where no tile lies it stays as it is.
        rows: where the tiles lie, as `grid` says; any of them may be left out.
        paint: from a part of the picture, uint8 [h,w,3], to the same painted.

    Yields:
        The place of each tile, and what was painted there, uint8 [h,w,3].
    """
    bottom = 0  # of what is painted on the canvas
    for row in filter(None, rows):
        strip, right = picture[row[0].slices[0]].copy(), 0
        for box in row:
            part = paint(picture[box.slices])
            lay_beside(strip, part, box.left, max(right, box.left))
            right = box.left + box.width
            yield box, part
        top = row[0].top
        lay_below(canvas, strip, top, max(bottom, top))
        bottom = top + row[0].height


def lay_below(canvas: np.ndarray, part: np.ndarray, top: int, bottom: int) -> None:
    """Lay a part on a canvas, over the lower edge of what is painted there already.

    From row `top` to row `bottom` the old gives way to the new: in the middle half only, because
    either is least to be trusted near its own edge.

    Args:
        canvas: uint8 [H,W,3], painted down to row `bottom`; changed in place.
        part: uint8 [h,W,3].
        top: the canvas's row where the part begins.
        bottom: the canvas's row where what is painted ends, in top..top+h.
    """
    shared = bottom - top
    middle = (np.arange(shared, dtype=np.float32) + 0.5) / max(1, shared) - 0.5  # -0.5..0.5
    weight = np.clip(0.5 + 2 * middle, 0, 1)[:, None, None]
    old = canvas[top:bottom].astype(np.float32)
    canvas[top:bottom] = old + (part[:shared] - old) * weight + 0.5
    canvas[bottom : top + len(part)] = part[shared:]


def lay_beside(canvas: np.ndarray, part: np.ndarray, left: int, right: int) -> None:
    """As `lay_below`, but over the right edge of what is painted; all are columns."""
    lay_below(canvas.swapaxes(0, 1), part.swapaxes(0, 1), left, right)
