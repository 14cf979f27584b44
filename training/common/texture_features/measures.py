"""The list of what is measured of a picture, and how people speak of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.common.texture_features.colour import colourfulness, warmth
from training.common.texture_features.direction import alignment, coherence
from training.common.texture_features.sheet import Sheet
from training.common.texture_features.tone import brightness, coarseness, contrast, softness


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
    of: Callable[[Sheet], float]
    title: str
    more: str
    less: str
    meaning: str
    digits: int
    unit: str = ""

    def write(self, value: float) -> str:
        """A number of this measure as people read it."""
        return f"{value:.{self.digits}f}".replace("-", "\N{MINUS SIGN}") + self.unit


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
    sheet = Sheet.of(picture)
    return {each.name: each.of(sheet) for each in MEASURES}
