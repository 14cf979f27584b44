"""A map as files: a table for other programs, and a page that opens in any browser."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.collection.embedding_map import EmbeddingMap, group
from app.collection.labels import Label
from app.collection.plot import Point, figure
from training.common.movements import MOVEMENTS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from app.collection.thumbnails import Thumbnails

COLUMNS = (
    *("file", "kind", "movement", "confidence", "x", "y", "cluster", "cluster_name"),
    *("duplicate_group", "width", "height", "between"),
)
"""Of the CSV. `between` is a second movement where it is too nearly as likely to name the first
alone. `duplicate_group` counts from 1; it is empty for what is there once."""


OUTSIDE = "None of the five"
"""What is coloured the same on a map: there are more kinds than colours to tell apart."""


@dataclass(frozen=True)
class Facts:
    """What is said of a picture beside its place; see `app.collection.embed.Entry`."""

    name: str
    kind: str
    movement: str
    confidence: float
    width: int
    height: int
    between: str = ""

    @property
    def group(self) -> str:
        """What it is counted as."""
        return group(self.kind, self.movement)


def as_csv(facts: Sequence[Facts], chart: EmbeddingMap, duplicates: Sequence[np.ndarray]) -> str:
    """A line for each picture, with `COLUMNS`.

    Args:
        facts: of N pictures.
        chart: of the same.
        duplicates: groups of indices, see `duplicate_groups`.
    """
    copies = {int(i): number for number, some in enumerate(duplicates, start=1) for i in some}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for index, fact in enumerate(facts):
        x, y = chart.coordinates[index]
        seen = (fact.name, fact.kind, fact.movement, f"{fact.confidence:.3f}")
        place = (f"{x:.4f}", f"{y:.4f}", int(chart.clusters[index]), chart.cluster(index))
        writer.writerow(
            (*seen, *place, copies.get(index, ""), fact.width, fact.height, fact.between)
        )
    return file.getvalue()


def as_figure(
    facts: Sequence[Facts],
    chart: EmbeddingMap,
    *,
    you: tuple[str, np.ndarray] | None = None,
    near: Sequence[int] = (),
    thumbnails: "Thumbnails | None" = None,
) -> "Figure":
    """The map as a chart.

    Args:
        facts: of N pictures.
        chart: of the same.
        you: title and place, float32 [2], of a picture that was brought to be compared.
        near: indices of those most like it.
        thumbnails: of all, to be seen instead of dots.
    """
    points = [
        Point(
            x,
            y,
            fact.name,
            group=fact.group if fact.group in MOVEMENTS else OUTSIDE,
            note=fact.group,
        )
        for fact, (x, y) in zip(facts, chart.coordinates.tolist(), strict=True)
    ]
    labels = []
    for number, name in enumerate(chart.names):
        x, y = np.median(chart.coordinates[chart.clusters == number], axis=0).tolist()
        labels.append(Label(x, y, name.replace(": ", "\n"), name.partition(": ")[0]))
    brought = None
    if you is not None:
        x, y = you[1].tolist()
        brought = Point(x, y, you[0])
    return figure(points, you=brought, near=near, labels=labels, thumbnails=thumbnails)


def as_page(figure: "Figure") -> str:
    """HTML that needs nothing from anywhere: 5 MB, most of it the program that draws."""
    page = figure.to_html(include_plotlyjs=True, config={"scrollZoom": True, "displaylogo": False})
    title = "<title>A map of pictures</title><style>body { margin: 0; background: #f8f5ef }</style>"
    return str(page).replace("<head>", f"<head>{title}", 1)
