"""Taking a heat map home: as a picture, as numbers, and how faithful it is as a table."""

from typing import TYPE_CHECKING

import numpy as np

from app.errors import UserError
from app.imaging import encode_png
from app.serving.faithfulness import Faithfulness
from app.ui.components.downloads import Downloads, File, csv_bytes, npy_bytes
from app.ui.handlers import ComponentValues
from app.ui.tabs.explain.heatmap_state import HeatmapState
from app.ui.tabs.explain.heatmap_view import paint

if TYPE_CHECKING:
    from app.ui.tabs.explain.heatmaps import Heatmaps

OPACITY = 0.85
"""Of the colours in a picture that is taken home, as the page's slider stands at first."""

CURVES = "Curves, CSV"
"""The button that waits for a trial of the map."""


def heat_files(heat: "Heatmaps") -> Downloads:
    """Lay the buttons out; to be called inside a row."""

    def name(values: ComponentValues, ending: str) -> str:
        """Of a file: the picture, the movement, the method, the depth."""
        uploaded, look = heat.seen(values)
        title = uploaded.title.rpartition(".")[0] or uploaded.title
        return f"{title} {describe(look, uploaded.reading.movements)}.{ending}"

    def png(values: ComponentValues) -> File:
        uploaded, look = heat.seen(values)
        painted = paint(uploaded.picture, uploaded, look.request, look.cells, OPACITY)
        return encode_png(painted.picture), name(values, "png")

    def npy(values: ComponentValues) -> File:
        _, look = heat.seen(values)
        return npy_bytes(look.cells.astype(np.float32)), name(values, "npy")

    def curves(values: ComponentValues) -> File:
        _, look = heat.seen(values)
        if look.trial is None:
            raise UserError("There are no curves yet; first ask whether the map is to be trusted.")
        return csv_bytes(as_rows(look.trial)), name(values, "csv")

    files = {"Picture, PNG": png, "Map, .npy": npy, CURVES: curves}
    return Downloads(files, "inside-heat", disabled=[CURVES])


def describe(look: HeatmapState, movements: tuple[str, ...]) -> str:
    """What a map is, for a file's name: "Cubism not Realism grad-cam 4"."""
    request = look.request
    minus = [] if request.minus is None else ["not", movements[request.minus]]
    return " ".join([movements[request.this], *minus, request.method, *map(str, request.depths)])


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
