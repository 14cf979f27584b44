"""The training paintings that excite each channel most, named by `export.assets.top_paintings`.

What ships are artists, titles and years; the paintings themselves do not.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from app.errors import UserError
from app.translation import gettext as _
from training.common.shipped_files import TOP_PAINTINGS_FILE

REMEDY = _("make it with `python -m export.assets.top_paintings`, or delete it.")


@dataclass(frozen=True)
class TopPainting:
    """A painting and how strongly it excites a channel.

    Attributes:
        title: `app.serving.reference_map.UNKNOWN` where it is.
        artist: first name first.
        year: when it was painted, where it is known.
        deviations: how far the channel's mean activation is above that of all training paintings.
    """

    title: str
    artist: str
    year: int | None
    deviations: float


@dataclass(frozen=True, eq=False)
class TopPaintings:
    """For each channel some paintings, the strongest first.

    Attributes:
        classifier_version: of the classifier that was measured.
        paintings: how many were measured.
        channels: by number of the channel, counted through all layers.
    """

    classifier_version: str
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
            reason = _("The list of paintings by channel in {path} cannot be read; {remedy}")
            raise UserError(reason.format(path=path, remedy=REMEDY)) from error

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> Self:
        facts = [(str(title), str(artist), year) for title, artist, year in content["facts"]]

        def painting(index: int, deviations: float) -> TopPainting:
            title, artist, year = facts[index]
            return TopPainting(title, artist, year, float(deviations))

        channels = tuple(tuple(painting(*entry) for entry in some) for some in content["channels"])
        if len(channels) != sum(content["layers"].values()):
            raise ValueError("another number of channels")
        return cls(str(content["reader"]), int(content["paintings"]), channels)
