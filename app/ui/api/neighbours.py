"""The endpoint `/neighbours`; see `app.ui.api.endpoints`."""

from typing import TypedDict

from gradio import api

from app.errors import UserError
from app.translation import gettext as _
from app.ui.api.files import PictureFile, decode_with_note
from app.ui.context import AppContext, errors_as_messages

MAX_NEIGHBOURS = 100
"""Of one answer."""


class NeighbourFacts(TypedDict):
    """A painting on the reference map."""

    title: str
    artist: str
    year: int | None
    movement: str
    style: str
    similarity: float
    x: float
    y: float


class Neighbourhood(TypedDict):
    """The place of a picture on the reference map, and its nearest paintings."""

    x: float
    y: float
    cluster: str
    note: str
    neighbours: list[NeighbourFacts]


def register(context: AppContext) -> None:
    """Add the endpoint; to be called inside the page."""

    @errors_as_messages
    def neighbours(picture: PictureFile, k: int = 10) -> Neighbourhood:
        """Find the paintings that a picture is most like to the network, and its place among them.

        The paintings are those that the network was trained with. `x` and `y` go from -1 to 1 on
        the reference map, `cluster` names the region by what is typical of it. `similarity` is the
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
                    "title": each.painting.title,
                    "artist": each.painting.artist,
                    "year": each.painting.year,
                    "movement": each.painting.movement,
                    "style": each.painting.style,
                    "similarity": round(each.similarity, 4),
                    "x": each.painting.x,
                    "y": each.painting.y,
                }
                for each in reference_map.neighbours(embedding, count)
            ],
        }

    api(neighbours, api_name="neighbours", **context.reading_queue)


def _count(k: object) -> int:
    """The number of neighbours, from JSON of a program, so from anything at all."""
    if isinstance(k, int | float) and not isinstance(k, bool) and k in range(1, MAX_NEIGHBOURS + 1):
        return int(k)
    sentence = _("k must be a whole number from 1 to {most}, not {k}.")
    raise UserError(sentence.format(most=MAX_NEIGHBOURS, k=k))
