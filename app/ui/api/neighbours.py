"""The endpoint `/neighbours`; see `app.ui.api.endpoints`."""

from typing import TypedDict

from gradio import api

from app.errors import UserError
from app.ui.api.files import PictureFile, decode_with_note
from app.ui.context import AppContext, guarded

MOST = 100
"""Neighbours that may be asked for."""


class NeighbourFacts(TypedDict):
    """A painting on the map of art."""

    title: str
    artist: str
    year: int | None
    movement: str
    style: str
    similarity: float
    x: float
    y: float


class Neighbourhood(TypedDict):
    """Where a picture lies on the map of art, and among which paintings."""

    x: float
    y: float
    cluster: str
    note: str
    neighbours: list[NeighbourFacts]


def register(context: AppContext) -> None:
    """Offer the endpoint; to be called inside the page."""

    @guarded
    def neighbours(picture: PictureFile, k: int = 10) -> Neighbourhood:
        """Find the paintings that a picture is most like to the network, and its place among them.

        The paintings are those that the network was trained with. `x` and `y` go from -1 to 1 on
        the map of art, `cluster` names the region by what is typical of it. `similarity` is the
        cosine of two embeddings, from -1 to 1, most alike first. `movement` is one of those that
        /classify names or "other"; `style` is the collection's own, often finer word for it.
        `note` says what to know of the file, such as that the first of several pages was read.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.
            k: How many neighbours to name, from 1 to 100.

        Returns:
            The place and the neighbours.
        """
        count = _count(k)
        reference_map = context.assets.reference_map
        pixels, note = decode_with_note(context, picture)
        embedding = context.classifier.embed([pixels])[0]
        x, y = reference_map.place(embedding)
        return {
            "x": round(x, 4),
            "y": round(y, 4),
            "cluster": reference_map.clusters[reference_map.cluster_at(x, y)].name,
            "note": note,
            "neighbours": [
                {
                    "title": found.painting.title,
                    "artist": found.painting.artist,
                    "year": found.painting.year,
                    "movement": found.painting.movement,
                    "style": found.painting.style,
                    "similarity": round(found.similarity, 4),
                    "x": found.painting.x,
                    "y": found.painting.y,
                }
                for found in reference_map.neighbours(embedding, count)
            ],
        }

    api(neighbours, api_name="neighbours", **context.light)


def _count(k: object) -> int:
    """What a program sent for `k`, which is JSON and so anything at all."""
    if isinstance(k, int | float) and not isinstance(k, bool) and k in range(1, MOST + 1):
        return int(k)
    raise UserError(f"k must be a whole number from 1 to {MOST}, not {k}.")
