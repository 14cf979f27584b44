"""A picture as a field of strokes: the orientation of its brushwork, place by place.

    drawing = draw_orientations(picture)

Each stroke follows the directions that the structure tensor finds
(`training.common.texture_features.direction`), in the picture's own colour. Where neighbours are
parallel strokes are long and full; where there is no common orientation they shrink to pale dabs.
"""

import math

import cv2
import numpy as np

from training.common.preprocessing import fit
from training.common.texture_features.direction import Field, field
from training.common.texture_features.working_picture import to_lab

STROKE_SIDE = 480
"""Longest side of the picture whose directions are drawn, in pixels.

Finer than what the numbers are measured at: here the eye looks at single strokes.
"""

_PAPER = (246, 241, 232)
_TINT = 0.45  # How much of the picture's own colours, blurred, the paper has.
_ACROSS = 88  # Rows of strokes along the longest side.
_MIN_LENGTH, _MAX_LENGTH = 0.3, 4.6  # Of a stroke, in distances between strokes.
_THIN, _THICK = 0.13, 0.36  # Half its width in the same.
_PALE = 0.12  # How much of its colour a stroke keeps that has no orientation.
_STEPS = 5  # From the middle of a stroke to its end.
_WINDOW = 4.0  # Pixels over which directions are averaged.
_BITS = 4  # OpenCV's fractions of a pixel.


def draw_orientations(picture: np.ndarray) -> np.ndarray:
    """Draw a picture, uint8 RGB [H,W,3], as strokes; uint8 RGB of the same size."""
    directions = measure_field(picture)
    height, width = picture.shape[:2]
    gap = max(max(height, width) / _ACROSS, 3.0)
    ground = _tinted_paper(picture)
    seeds = _seeds(width, height, gap)
    certain = _at(directions.coherence, seeds, (width, height)).clip(0, 1)
    order = np.argsort(certain + np.random.default_rng(1).uniform(0, 0.6, len(certain)))
    seeds, certain = seeds[order], certain[order]
    length = gap * (_MIN_LENGTH + (_MAX_LENGTH - _MIN_LENGTH) * certain)
    paths = _follow(directions, seeds, length / 2, (width, height))
    outlines = _outlines(paths, gap * (_THIN + (_THICK - _THIN) * certain))
    colours = _colours(picture, ground, seeds, certain)
    points = np.rint(outlines * 2**_BITS).astype(np.int32)
    for outline, colour in zip(points, colours, strict=True):
        cv2.fillPoly(ground, [outline], colour.tolist(), cv2.LINE_AA, _BITS)
    return ground


def measure_field(picture: np.ndarray) -> Field:
    """The directions that are drawn, at `STROKE_SIDE`: float32 [h,w] each."""
    lightness = np.ascontiguousarray(to_lab(fit(picture, STROKE_SIDE))[..., 0])
    return field(lightness, window=_WINDOW)


def _tinted_paper(picture: np.ndarray) -> np.ndarray:
    """Paper, tinted with the picture's blurred colours."""
    soft = cv2.GaussianBlur(fit(picture, _ACROSS), (0, 0), 2).astype(np.float32)
    paper = np.array(_PAPER, np.float32)
    tinted = (paper + _TINT * (soft - paper) + 0.5).astype(np.uint8)
    return cv2.resize(tinted, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _seeds(width: int, height: int, gap: float) -> np.ndarray:
    """Middles of the strokes: rows shifted against each other, with jitter; [N,2] x, y."""
    rows, columns = max(1, round(height / (gap * 0.87))), max(1, round(width / gap))
    y, x = np.mgrid[:rows, :columns].astype(np.float64)
    x += 0.5 * (y % 2) + 0.25
    jitter = np.random.default_rng(0).uniform(-0.35, 0.35, (2, rows, columns))
    places = np.stack(
        [(x + jitter[0]) * width / columns, (y + 0.5 + jitter[1]) * height / rows], -1
    )
    return places.reshape(-1, 2).clip(0, (width - 1, height - 1))


def _follow(
    directions: Field, seeds: np.ndarray, half: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Paths through the field from each seed both ways, float64 [N,2*_STEPS+1,2]."""
    # A direction has no sign, so twice its angle is what can be interpolated.
    double = 2 * directions.angle
    weight = directions.coherence * np.sqrt(directions.energy) + 1e-6
    cosine, sine = np.cos(double) * weight, np.sin(double) * weight
    halves = []
    for sign in (1, -1):
        place, before, path = seeds, None, []
        for _ in range(_STEPS):
            angle = np.arctan2(_at(sine, place, size), _at(cosine, place, size)) / 2
            step = np.stack([np.cos(angle), -np.sin(angle)], 1)  # Rows count downwards.
            if before is None:
                step = sign * step
            else:
                step = np.where((step * before).sum(1, keepdims=True) < 0, -step, step)
            before = step
            place = place + step * (half / _STEPS)[:, None]
            path.append(place)
        halves.append(np.stack(path, 1))
    ahead, back = halves
    return np.concatenate([back[:, ::-1], seeds[:, None], ahead], 1)


def _outlines(paths: np.ndarray, half_width: np.ndarray) -> np.ndarray:
    """Strokes around their paths, round in the middle and thin at both ends; [N,P,2]."""
    along = np.gradient(paths, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-6)
    across = np.stack([-along[..., 1], along[..., 0]], -1)
    taper = np.sin(np.linspace(0.12, 0.94, paths.shape[1]) * math.pi) ** 0.6
    side = across * (half_width[:, None] * taper)[..., None]
    return np.concatenate([paths + side, (paths - side)[:, ::-1]], 1)


def _colours(
    picture: np.ndarray, ground: np.ndarray, seeds: np.ndarray, certain: np.ndarray
) -> np.ndarray:
    """One colour a stroke, uint8 [N,3]: the picture's, paler where the direction is unsure."""
    small = fit(picture, 4 * _ACROSS)
    scale = np.divide(small.shape[1::-1], picture.shape[1::-1])
    x, y = (seeds * scale).astype(int).T
    own = small[y, x].astype(np.float32)
    own += np.random.default_rng(2).normal(0, 5, (len(own), 1))  # Paint varies.
    columns, rows = seeds.astype(int).T
    paper = ground[rows, columns].astype(np.float32)
    strength = _PALE + (1 - _PALE) * certain[:, None]
    return (paper + strength * (own - paper)).clip(0, 255).astype(np.uint8)


def _at(values: np.ndarray, places: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Values of a small map, float32 [h,w], at places [N,2] of a picture of width and height."""
    scale = np.divide(values.shape[::-1], size)
    x, y = ((places + 0.5) * scale - 0.5).astype(np.float32).T
    # OpenCV takes rows of at most 32767 points.
    return cv2.remap(
        values.astype(np.float32),
        np.ascontiguousarray(x[:, None]),
        np.ascontiguousarray(y[:, None]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )[:, 0]
