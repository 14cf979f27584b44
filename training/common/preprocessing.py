"""Geometry between a picture and the inputs of the networks.

Training, export and serving call these same functions, so a network is always asked about pictures
prepared as in training, and a heat map can be laid back exactly. Torch-free: the app imports it.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SIZE = 192
"""Side of the network's square input, in pixels: where the shipped network is at its best."""

PAD_COLOUR = (124, 116, 104)
"""ImageNet's mean colour: padding that is close to zero after normalisation."""

CROP = 0.75
"""Side of the five crops as a fraction of the picture's shorter side."""

VIEW_WEIGHTS = (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
"""How much each of the six views counts: the whole as much as its five parts together."""

STYLE_SIDE = 384
"""Shorter side at which a style picture of size 1 is seen, in pixels."""

STYLE_RATIO = 4
"""Of a style picture that is longer than this many times its shorter side, the middle is seen."""

Colour = tuple[float, float, float]
"""A number for red, green and blue."""

MEAN: Colour = (0.485, 0.456, 0.406)
STD: Colour = (0.229, 0.224, 0.225)
"""ImageNet's channel statistics for RGB in [0, 1], which most networks expect to be taken off and
divided by; it happens inside them."""


@dataclass(frozen=True)
class Box:
    """An axis-aligned rectangle in whole pixels; `left` and `top` are inclusive."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) that cut this box out of an array."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)

    def reduced(self, factor: int) -> "Box":
        """The same place in a picture shrunk by a whole factor, at least one pixel of it."""
        sizes = (max(1, round(length / factor)) for length in (self.width, self.height))
        return Box(self.left // factor, self.top // factor, *sizes)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize uint8 [H,W,3] to uint8 [height,width,3], antialiased bicubic."""
    if picture.shape[:2] == (height, width):
        return picture
    image = Image.fromarray(picture)
    # reducing_gap skips most of the pixels of a very large picture without visible change.
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))


def fit(picture: np.ndarray, side: int) -> np.ndarray:
    """Shrink uint8 RGB [H,W,3] until no side is longer than `side` pixels."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    return resize(picture, max(1, round(width * scale)), max(1, round(height * scale)))


def letterbox(picture: np.ndarray, size: int = SIZE) -> tuple[np.ndarray, Box]:
    """Fit a whole picture into a square, keeping its proportions.

    Args:
        picture: uint8 RGB [H,W,3].
        size: side of the square in pixels.

    Returns:
        The padded square, uint8 [size,size,3], and the box in it that the picture fills.
    """
    height, width = picture.shape[:2]
    box = letterbox_box(width, height, size)
    square = np.full((size, size, 3), PAD_COLOUR, np.uint8)
    square[box.slices] = resize(picture, box.width, box.height)
    return square, box


def letterbox_box(width: int, height: int, size: int = SIZE) -> Box:
    """Where in the square `letterbox` puts a picture of this width and height."""
    scale = size / max(height, width)
    fitted_width, fitted_height = max(1, round(width * scale)), max(1, round(height * scale))
    return Box((size - fitted_width) // 2, (size - fitted_height) // 2, fitted_width, fitted_height)


def five_boxes(width: int, height: int, side: int) -> list[Box]:
    """Square boxes of `side` pixels in the four corners and the centre of a picture."""
    side = min(side, width, height)
    right, bottom = width - side, height - side
    corners = [(0, 0), (right, 0), (0, bottom), (right, bottom), (right // 2, bottom // 2)]
    return [Box(left, top, side, side) for left, top in corners]


def average_views(logits: np.ndarray) -> np.ndarray:
    """Weighted mean over six views, the last but one axis: float [...,6,K] -> [...,K]."""
    weights = np.array(VIEW_WEIGHTS, logits.dtype)
    mean: np.ndarray = (logits * weights[:, None]).sum(-2)
    return mean


def six_views(
    picture: np.ndarray, size: int = SIZE, *, crop_side: int | None = None
) -> tuple[np.ndarray, list[Box]]:
    """The whole picture and five crops of it, as one batch.

    Args:
        picture: uint8 RGB [H,W,3].
        size: side of each view in pixels.
        crop_side: side of the crops in the picture's pixels. None takes `CROP` of the shorter
            side, which means the same at every resolution; `size` gives crops at the file's own
            resolution, as ArtNet took them.

    Returns:
        Views, uint8 [6,size,size,3], the letterboxed whole first; and for each the box of the
        *picture* that it shows.
    """
    height, width = picture.shape[:2]
    side = crop_side or max(1, round(CROP * min(height, width)))
    boxes = [Box(0, 0, width, height), *five_boxes(width, height, side)]
    # Of a very large picture every view would throw most pixels away: do it once for all.
    factor = max(1, side // (3 * size))
    smaller = np.asarray(Image.fromarray(picture).reduce(factor)) if factor > 1 else picture
    views = [letterbox(smaller[box.reduced(factor).slices], size)[0] for box in boxes]
    return np.stack(views), boxes


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
