"""Redraws any picture in strokes that follow a field of directions.

Coarse strokes first, finer ones only where the coarse ones got it wrong, after Litwinowicz
("Processing images and video for an impressionist effect", 1997) and Hertzmann ("Painterly
rendering with curved brush strokes of multiple sizes", 1998), with straight strokes of bristles.
"""

from dataclasses import dataclass

import cv2
import numpy as np

_SHIFT = 4  # OpenCV's fixed-point bits: strokes are placed to a sixteenth of a pixel.


@dataclass(frozen=True)
class Brushstrokes:
    """What the strokes are like.

    Attributes:
        widths: brush widths in pixels, from coarse to fine.
        stretch: length of a stroke in its own widths.
        wobble: how far a stroke strays from the field, in degrees.
        broken: how far a stroke's colour strays from the motif's, in grey levels.
        care: a finer stroke is set where the canvas is wrong by more than this many grey levels.
    """

    widths: tuple[int, ...]
    stretch: float
    wobble: float
    broken: float
    care: float


def paint(
    motif: np.ndarray, field: np.ndarray, strokes: Brushstrokes, rng: np.random.Generator
) -> np.ndarray:
    """Paint a motif.

    Args:
        motif: uint8 RGB [H,W,3].
        field: float [H,W], direction of the strokes in radians.
        strokes: how to paint.
        rng: all chance comes from here.

    Returns:
        uint8 RGB [H,W,3].
    """
    height, width = motif.shape[:2]
    canvas = np.empty_like(motif)
    canvas[:] = motif.mean((0, 1))
    for layer, size in enumerate(strokes.widths):
        seen = cv2.GaussianBlur(motif, (0, 0), size / 3).astype(np.float32)
        for point in _places(width, height, 0.62 * size, rng):
            x, y = np.clip(point, 0, (width - 1, height - 1)).astype(int)
            wanted = seen[y, x]
            if layer and np.abs(canvas[y, x] - wanted).mean() < strokes.care:
                continue
            angle = field[y, x] + np.deg2rad(strokes.wobble) * rng.standard_normal()
            length = size * strokes.stretch * rng.uniform(0.7, 1.2)
            colour = wanted + strokes.broken * rng.standard_normal(3) + 5 * rng.standard_normal()
            _stroke(canvas, point, angle, length, size, colour, rng)
    return canvas


def along_edges(picture: np.ndarray, scale: float = 9) -> np.ndarray:
    """Direction of the edges around each pixel of uint8 RGB [H,W,3], float [H,W] in radians."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    # The structure tensor: gradients of opposite sign on both sides of a line do not cancel in it.
    xx, yy, xy = (
        cv2.GaussianBlur(product, (0, 0), scale) for product in (dx * dx, dy * dy, dx * dy)
    )
    return 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2


def _places(width: int, height: int, step: float, rng: np.random.Generator) -> np.ndarray:
    """Jittered grid points (x, y) in random order, float [n,2]."""
    y, x = np.mgrid[0:height:step, 0:width:step]
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    return rng.permutation(points + rng.uniform(-step, step, points.shape))


def _stroke(
    canvas: np.ndarray,
    centre: np.ndarray,
    angle: float,
    length: float,
    width: float,
    colour: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Draw one stroke into the canvas: bristles side by side, each of its own length and tone."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    bristles = max(2, round(width / 1.6))
    thickness = max(1, round(1.7 * width / bristles))
    for offset in np.linspace(-0.5, 0.5, bristles):
        reach = length * (0.5 + 0.12 * rng.standard_normal()) * (1 - 0.5 * abs(offset))
        middle = centre + across * offset * width
        start, end = (
            tuple(np.rint(point * 2**_SHIFT).astype(int).tolist())
            for point in (middle - along * reach, middle + along * reach)
        )
        tone = np.clip(colour * (1 + 0.06 * rng.standard_normal()), 0, 255).tolist()
        cv2.line(canvas, start, end, tone, thickness, cv2.LINE_AA, _SHIFT)
