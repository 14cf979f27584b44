"""A map as files: a table for other programs, and a page that opens in any browser."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.collection.embedding_map import EmbeddingMap, group
from app.collection.plot import Label, Point, figure
from app.translation import gettext as _
from training.common.movements import MOVEMENTS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from app.collection.thumbnails import Thumbnails

COLUMNS = (
    *("file", "kind", "movement", "confidence", "x", "y", "cluster", "cluster_name"),
    *("duplicate_group", "width", "height", "between"),
)
"""Of the CSV. `between` is a second movement where it is too nearly as likely to name the first
alone. `duplicate_group` counts from 1; it is empty for a picture without duplicates."""


OUTSIDE = _("None of the five")
"""The group of all pictures of no movement: there are more kinds than colours to tell apart."""


@dataclass(frozen=True)
class Facts:
    """What the table and the map show of a picture; see `app.collection.embed.Entry`."""

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


def as_csv(
    facts: Sequence[Facts], embedding_map: EmbeddingMap, duplicates: Sequence[np.ndarray]
) -> str:
    """A line for each picture, with `COLUMNS`.

    Args:
        facts: of N pictures.
        embedding_map: of the same.
        duplicates: groups of indices, see `duplicate_groups`.
    """
    numbers = {int(i): number for number, some in enumerate(duplicates, start=1) for i in some}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for index, fact in enumerate(facts):
        x, y = embedding_map.coordinates[index]
        cluster = (int(embedding_map.clusters[index]), embedding_map.cluster(index))
        writer.writerow(
            (
                *(fact.name, fact.kind, fact.movement, f"{fact.confidence:.3f}"),
                *(f"{x:.4f}", f"{y:.4f}", *cluster, numbers.get(index, "")),
                *(fact.width, fact.height, fact.between),
            )
        )
    return file.getvalue()


def as_figure(
    facts: Sequence[Facts],
    embedding_map: EmbeddingMap,
    *,
    query: tuple[str, np.ndarray] | None = None,
    neighbours: Sequence[int] = (),
    thumbnails: "Thumbnails | None" = None,
) -> "Figure":
    """The map as a Plotly figure.

    Args:
        facts: of N pictures.
        embedding_map: of the same.
        query: title and place, float32 [2], of a picture that is compared with them.
        neighbours: indices of those most like it.
        thumbnails: of all, to be shown instead of dots.
    """
    points = [
        Point(
            x,
            y,
            fact.name,
            group=fact.group if fact.group in MOVEMENTS else OUTSIDE,
            note=fact.group,
        )
        for fact, (x, y) in zip(facts, embedding_map.coordinates.tolist(), strict=True)
    ]
    labels = []
    for number, name in enumerate(embedding_map.names):
        x, y = np.median(
            embedding_map.coordinates[embedding_map.clusters == number], axis=0
        ).tolist()
        labels.append(Label(x, y, name.replace(": ", "\n"), name.partition(": ")[0]))
    picture = None
    if query is not None:
        x, y = query[1].tolist()
        picture = Point(x, y, query[0])
    return figure(
        points, picture=picture, neighbours=neighbours, labels=labels, thumbnails=thumbnails
    )


def as_page(figure: "Figure") -> str:
    """HTML that needs nothing from anywhere: 5 MB, most of it the program that draws."""
    page = figure.to_html(include_plotlyjs=True, config={"scrollZoom": True, "displaylogo": False})
    title = _("A map of pictures")
    style = "<style>body { margin: 0; background: #f8f5ef }</style>"
    return str(page).replace("<head>", f"<head><title>{title}</title>{style}", 1)
