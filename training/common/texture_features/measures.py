"""Measures of a picture's light, edges and colour, with their names and units."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from training.common.texture_features.direction import alignment, coherence
from training.common.texture_features.working_picture import WorkingPicture


@dataclass(frozen=True)
class Measure:
    """One number of a picture.

    Attributes:
        name: in files.
        of: measures it; nan where a picture has nothing of the kind.
        title: on the page.
        more: what a picture with a larger number is, compared to another: "coarser".
        less: what one with a smaller number is.
        meaning: one plain sentence on what the number says.
        digits: after the point, that are worth showing.
        unit: after the number.
    """

    name: str
    of: Callable[[WorkingPicture], float]
    title: str
    more: str
    less: str
    meaning: str
    digits: int
    unit: str = ""

    def write(self, value: float) -> str:
        """A number of this measure as people read it."""
        return f"{value:.{self.digits}f}".replace("-", "\N{MINUS SIGN}") + self.unit


_SCALES = 5  # Tamura's neighbourhoods of 2, 4, 8, 16 and 32 pixels.
_VISIBLE = 1.0  # L*: differences below are not seen, and are rounding.
_FINEST = 0.7  # Pixels: smooths away what is noise rather than an edge.
_EDGE = 15.0  # L*: what rises less is no edge.
_ACROSS = 0.7  # Along a row that crosses an edge at 45 degrees, its slope is 0.7 of the steepest.


def brightness(working: WorkingPicture) -> float:
    """Mean lightness, CIELAB's L*: 0 (black) to 100 (white)."""
    return float(working.lightness.mean())


def contrast(working: WorkingPicture) -> float:
    """How far light and dark lie apart: the deviation of L*, 0 to 50.

    RMS contrast (Peli, "Contrast in complex images", JOSA A 7, 1990), of perceived lightness.
    """
    return float(working.lightness.std())


def coarseness(working: WorkingPicture) -> float:
    """The size of the marks of which a picture consists, in percent of its longest side.

    Tamura, Mori and Yamawaki, "Textural Features Corresponding to Visual Perception", 1978: at each
    place the size, out of 2, 4, ... 32 pixels, of the neighbourhoods whose means differ most from
    their opposite neighbours'. Places where no difference is visible do not count.

    Returns:
        nan where nothing is visible at all.
    """
    lightness = working.lightness
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


def softness(working: WorkingPicture) -> float:
    """How gradually edges pass from dark to light: their width in percent of the longest side.

    Edges are found as Marziliano et al. do ("A no-reference perceptual blur metric", ICIP 2002):
    along rows and columns, the passage from one extreme of lightness to the next. Its width is what
    it rises divided by its steepest slope, so that flat ground on both sides adds nothing; a step
    that a Gaussian of deviation s blurred comes out as sqrt(2 pi (s^2 + 1)), where 1 is what
    measuring adds. The mean over all passages that lie across their edge, weighted by their rise.

    Returns:
        nan where there is no edge.
    """
    smooth = cv2.GaussianBlur(working.lightness, (0, 0), _FINEST)
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


def colourfulness(working: WorkingPicture) -> float:
    """How colourful a picture is taken to be: 0 (grey) to about 110 (extremely).

    Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007, 2003: deviation
    plus 0.3 of the mean distance from grey, in the opponents red-green and yellow-blue. Twenty
    people called 15 slightly, 33 moderately, 59 quite and 82 highly colourful.
    """
    red, green, blue = np.moveaxis(working.picture.astype(np.float32), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def warmth(working: WorkingPicture) -> float:
    """How warm the colours are felt to be; below 0 they are cool, and grey is at -0.5.

    The mean over a picture of warm-cool in Ou, Luo, Woodcock and Wright, "A study of colour emotion
    and colour preference. Part I", Color Research and Application 29, 2004:
    -0.5 + 0.02 C^1.07 cos(h - 50 degrees), fitted to what 31 observers felt of single colours.
    """
    _, a, b = np.moveaxis(working.lab, -1, 0)
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    return float((-0.5 + 0.02 * chroma**1.07 * np.cos(hue - np.deg2rad(50))).mean())


MEASURES = (
    Measure(
        "coherence",
        coherence,
        "Combed strokes",
        "more combed",
        "more tangled",
        "How parallel neighbouring strokes and edges lie, from 0 (every which way) to 1.",
        2,
    ),
    Measure(
        "alignment",
        alignment,
        "One direction",
        "more of one direction",
        "less of one direction",
        "How far the strokes and edges of the whole picture share one direction, from 0 to 1.",
        2,
    ),
    Measure(
        "coarseness",
        coarseness,
        "Coarseness",
        "coarser",
        "finer",
        "The size of the marks it is made of, in percent of its longest side.",
        1,
        "\N{NO-BREAK SPACE}%",
    ),
    Measure(
        "softness",
        softness,
        "Soft edges",
        "softer",
        "harder",
        "How gradually edges pass from light to dark: their width, in percent of its longest side.",
        2,
        "\N{NO-BREAK SPACE}%",
    ),
    Measure(
        "contrast",
        contrast,
        "Contrast",
        "richer in contrast",
        "poorer in contrast",
        "How far light and dark lie apart, from 0 (none) to 50 (only black and white).",
        0,
    ),
    Measure(
        "brightness",
        brightness,
        "Brightness",
        "lighter",
        "darker",
        "How light it is on the whole, from 0 (black) to 100 (white).",
        0,
    ),
    Measure(
        "colourfulness",
        colourfulness,
        "Colourfulness",
        "more colourful",
        "less colourful",
        "How colourful people find it: 0 is grey, 33 moderate, 59 quite, 82 highly colourful.",
        0,
    ),
    Measure(
        "warmth",
        warmth,
        "Warmth",
        "warmer",
        "cooler",
        "How warm people find its colours: orange is warm, blue cool; grey is \N{MINUS SIGN}0.5.",
        2,
    ),
)


def measure(picture: np.ndarray) -> dict[str, float]:
    """Measure a picture, uint8 RGB [H,W,3] of any size; see MEASURES for names and meaning."""
    working = WorkingPicture.of(picture)
    return {each.name: each.of(working) for each in MEASURES}
