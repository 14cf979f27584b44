"""Pictures to try without bringing one; all are free of rights (CC0).

Five were painted by a program (`python -m app.examples.render` makes them again), one of them after
a photograph; that photograph and the cat's ship with scikit-image.
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from app.imaging import read_picture


@dataclass(frozen=True)
class Example:
    """One picture of the examples' wall.

    Attributes:
        title: what it is called on its label.
        made: how it came about and whose it is, as on a wall label.
        package: the installed package that holds the file.
        file: name of the file in that package.
    """

    title: str
    made: str
    package: str
    file: str

    def read(self) -> np.ndarray:
        """The picture, uint8 RGB [H,W,3], through the same door as a visitor's."""
        return read_picture((files(self.package) / self.file).read_bytes())


_OURS = "app.examples"
_SCIKIT = "skimage.data"

EXAMPLES = (
    Example("Harbour at dawn", "Painted by a program, in broken touches.", _OURS, "harbour.webp"),
    Example("Night over the hill", "Painted by a program, in long strokes.", _OURS, "night.webp"),
    Example("Table with guitar", "Painted by a program, through prisms.", _OURS, "table.webp"),
    Example("Three fields", "Painted by a program, with soft edges.", _OURS, "fields.webp"),
    Example(
        "Cup of coffee",
        "Painted by a program after a photograph by Rachel Michetti (CC0).",
        _OURS,
        "coffee.webp",
    ),
    Example(
        "Chelsea the cat",
        "Photograph by Stéfan van der Walt, from scikit-image (CC0).",
        _SCIKIT,
        "chelsea.png",
    ),
)
"""The first is on the wall when the page opens."""
