"""Pictures to try without an upload of one's own; all are free of rights (CC0).

Five were painted by a program (`python -m app.examples.render` makes them again), one of them after
a photograph; that photograph and the cat's ship with scikit-image.
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from app.imaging import read_picture
from app.translation import gettext as _


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes:
        title: what it is called.
        made: how it came about and whose it is.
        package: the installed package that holds the file.
        file: name of the file in that package.
    """

    title: str
    made: str
    package: str
    file: str

    def read(self) -> np.ndarray:
        """The picture, uint8 RGB [H,W,3], decoded as a visitor's."""
        return read_picture((files(self.package) / self.file).read_bytes())


_OURS = "app.examples"
_SCIKIT = "skimage.data"

EXAMPLES = (
    Example(
        "Harbour at dawn", _("Painted by a program, in broken touches."), _OURS, "harbour.webp"
    ),
    Example(
        "Night over the hill", _("Painted by a program, in long strokes."), _OURS, "night.webp"
    ),
    Example("Table with guitar", _("Painted by a program, through prisms."), _OURS, "table.webp"),
    Example("Three fields", _("Painted by a program, with soft edges."), _OURS, "fields.webp"),
    Example(
        "Cup of coffee",
        _("Painted by a program after a photograph by Rachel Michetti (CC0)."),
        _OURS,
        "coffee.webp",
    ),
    Example(
        "Chelsea the cat",
        _("Photograph by Stéfan van der Walt, from scikit-image (CC0)."),
        _SCIKIT,
        "chelsea.png",
    ),
)
"""The first is shown when the page opens."""
