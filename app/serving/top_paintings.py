"""The training paintings that excite each channel most, named by `export.top_paintings`.

What ships are artists, titles and years; the paintings themselves do not.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from app.errors import UserError
from training.atlas_files import TOP_PAINTINGS_FILE

REMEDY = "make it with `python -m export.top_paintings`, or delete it."


@dataclass(frozen=True)
class TopPainting:
    """A painting and how strongly a channel answers to it.

    Attributes:
        title: `app.serving.artmap.UNKNOWN` where it is.
        artist: first name first.
        year: when it was painted, where it is known.
        deviations: how far the channel's mean answer is above that to all training paintings.
    """

    title: str
    artist: str
    year: int | None
    deviations: float


@dataclass(frozen=True, eq=False)
class TopPaintings:
    """For each channel some paintings, the strongest first.

    Attributes:
        reader: version of the classifier that they were shown to.
        paintings: how many were shown.
        channels: by number of the channel, counted through all layers.
    """

    reader: str
    paintings: int
    channels: tuple[tuple[TopPainting, ...], ...]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Open the list in a folder; None if there is none.

        Raises:
            UserError: it cannot be read.
        """
        path = folder / TOP_PAINTINGS_FILE
        if not path.exists():
            return None
        try:
            return cls._parse(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UserError(
                f"The list of paintings by channel in {path} cannot be read; {REMEDY}"
            ) from error

    @classmethod
    def _parse(cls, said: dict[str, Any]) -> Self:
        facts = [(str(title), str(artist), year) for title, artist, year in said["facts"]]

        def painting(index: int, above: float) -> TopPainting:
            title, artist, year = facts[index]
            return TopPainting(title, artist, year, float(above))

        channels = tuple(tuple(painting(*pair) for pair in some) for some in said["channels"])
        if len(channels) != sum(said["layers"].values()):
            raise ValueError("another number of channels")
        return cls(str(said["reader"]), int(said["paintings"]), channels)
