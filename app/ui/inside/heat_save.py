"""Taking a heat map home: as a picture, as numbers, and how faithful it is as a table."""

from typing import TYPE_CHECKING

import numpy as np

from app.errors import UserError
from app.imaging import encode_png
from app.serving.faithfulness import Faithfulness
from app.ui.inside.heat_look import Look
from app.ui.inside.heat_view import paint
from app.ui.notice import Said
from app.ui.take_home import File, TakeHome, csv_bytes, npy_bytes

if TYPE_CHECKING:
    from app.ui.inside.heat import InsideHeat

OPACITY = 0.85
"""Of the colours in a picture that is taken home, as the page's slider stands at first."""

CURVES = "Curves, CSV"
"""The button that waits for a trial of the map."""


def heat_files(heat: "InsideHeat") -> TakeHome:
    """Lay the buttons out; to be called inside a row."""

    def name(said: Said, ending: str) -> str:
        """Of a file: the picture, the movement, the method, the depth."""
        visit, look = heat.seen(said)
        title = visit.title.rpartition(".")[0] or visit.title
        return f"{title} {describe(look, visit.reading.movements)}.{ending}"

    def png(said: Said) -> File:
        visit, look = heat.seen(said)
        painted = paint(visit.picture, visit, look.wish, look.cells, OPACITY)
        return encode_png(painted.picture), name(said, "png")

    def npy(said: Said) -> File:
        _, look = heat.seen(said)
        return npy_bytes(look.cells.astype(np.float32)), name(said, "npy")

    def curves(said: Said) -> File:
        _, look = heat.seen(said)
        if look.trial is None:
            raise UserError("There are no curves yet; first ask whether the map is to be trusted.")
        return csv_bytes(as_rows(look.trial)), name(said, "csv")

    files = {"Picture, PNG": png, "Map, .npy": npy, CURVES: curves}
    return TakeHome(files, "inside-heat", waiting=[CURVES])


def describe(look: Look, movements: tuple[str, ...]) -> str:
    """What a map is, for a file's name: "Cubism not Realism grad-cam 4"."""
    wish = look.wish
    minus = [] if wish.minus is None else ["not", movements[wish.minus]]
    return " ".join([movements[wish.this], *minus, wish.method, *map(str, wish.depths)])


def as_rows(found: Faithfulness) -> list[list[str]]:
    """All four curves as a table with a head."""
    columns = {
        "share": found.shares,
        "deletion": found.map.deletion,
        "deletion_random": found.random.deletion,
        "insertion": found.map.insertion,
        "insertion_random": found.random.insertion,
    }
    rows = zip(*columns.values(), strict=True)
    return [[*columns], *([f"{value:.4f}" for value in row] for row in rows)]
