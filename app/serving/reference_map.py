"""The reference map: the training paintings as points, laid out by `export.assets.reference_map`.

A picture is placed among them by its embedding alone, in a few milliseconds. What ships are facts,
places and numbers; the paintings themselves do not. NumPy only.
"""

import csv
import json
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import UserError
from app.translation import gettext as _
from training.common.embedding_map import nearest, place, unit

UNKNOWN = "Title unknown"
"""The title of a painting that has none in the collections."""

PAINTINGS_FILE, EMBEDDINGS_FILE = "paintings.csv", "embeddings.npy"
PROJECTION_FILE, FACTS_FILE = "projection.npy", "map.json"

REMEDY = _("make the map again with export.assets.reference_map, or fetch the repository's own.")


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of the classifier's embeddings, without what says nothing of a picture.

    `export.assets.reference_map` makes them. Into every fiftieth embedding the network writes a few
    very large numbers, the same for all such pictures, which would make them the most alike of all.

    Attributes:
        mean: float32 [C].
        components: float32 [D,C], orthonormal.
    """

    mean: np.ndarray
    components: np.ndarray

    @classmethod
    def from_matrix(cls, matrix: np.ndarray) -> Self:
        """Of a file's content, float16 [1+D,C]: the mean, then the components."""
        mean, *components = matrix.astype(np.float32)
        return cls(mean, np.stack(components))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the projection of a map; UserError if it is missing or damaged."""
        path = folder / PROJECTION_FILE
        if not path.is_file():
            sentence = _("The file {path} is missing; fetch the whole repository.")
            raise UserError(sentence.format(path=path))
        try:
            return cls.from_matrix(np.load(path))
        except (OSError, EOFError, ValueError, TypeError) as error:
            sentence = _("The file {path} is damaged; fetch it again.")
            raise UserError(sentence.format(path=path)) from error

    @property
    def checksum(self) -> str:
        """Two projections with the same one are the same."""
        return f"{zlib.crc32(self.components.tobytes(), zlib.crc32(self.mean.tobytes())):08x}"

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 [N,C] -> float32 [N,D]."""
        return (embeddings - self.mean) @ self.components.T


@dataclass(frozen=True)
class Painting:
    """A painting on the map.

    Attributes:
        title: `UNKNOWN` where it is.
        artist: first name first.
        year: when it was painted, where it is known.
        movement: one of the classifier's movements, or "other".
        style: the collection's own word for the movement, often finer: "Fauvism", "Baroque".
        x: from left to right, -1 to 1.
        y: from bottom to top, -1 to 1.
        cluster: index into `ReferenceMap.clusters`.
    """

    title: str
    artist: str
    year: int | None
    movement: str
    style: str
    x: float
    y: float
    cluster: int


@dataclass(frozen=True)
class Cluster:
    """A region of the map: what is typical there, its middle, and how many paintings it has."""

    name: str
    x: float
    y: float
    paintings: int


@dataclass(frozen=True)
class Neighbour:
    """A painting, its index on the map, and how alike it is: a cosine of -1 to 1."""

    painting: Painting
    index: int
    similarity: float


@dataclass(frozen=True, eq=False)
class ReferenceMap:
    """Facts, places and embeddings of the training paintings; nothing of it changes.

    Attributes:
        paintings: all N of them.
        clusters: regions of the map, largest first.
        version: of the classifier whose embeddings these are.
        similarity: cosines to compare others with, see
            `export.assets.reference_map_measures.similarities`.
        measured: how good the map is, see `export.assets.reference_map_measures`.
        table: the paintings as the file that was read, a CSV.
    """

    paintings: tuple[Painting, ...]
    clusters: tuple[Cluster, ...]
    version: str
    similarity: Mapping[str, float]
    measured: Mapping[str, float]
    table: Path
    _directions: np.ndarray  # float32 [N,D], of length one.
    _places: np.ndarray  # float32 [N,2]
    _projection: Projection

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the map in a folder.

        Raises:
            UserError: a file is missing, or they do not belong together.
        """
        try:
            with (folder / PAINTINGS_FILE).open(newline="", encoding="utf-8") as file:
                paintings = tuple(_painting(row) for row in csv.DictReader(file))
            facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
            clusters = tuple(Cluster(**cluster) for cluster in facts["clusters"])
            version, similarity, measured = (facts[k] for k in ("reader", "similarity", "measured"))
            vectors = np.load(folder / EMBEDDINGS_FILE)
            projection = np.load(folder / PROJECTION_FILE)
        except (OSError, EOFError, ValueError, KeyError, TypeError, csv.Error) as error:
            sentence = _("The map of art in {folder} cannot be read: {remedy}")
            raise UserError(sentence.format(folder=folder, remedy=REMEDY)) from error
        if len(vectors) != len(paintings) or len(projection) != vectors.shape[1] + 1:
            sentence = _("The files of the map of art in {folder} do not match: {remedy}")
            raise UserError(sentence.format(folder=folder, remedy=REMEDY))
        return cls(
            paintings=paintings,
            clusters=clusters,
            version=version,
            similarity=similarity,
            measured=measured,
            table=folder / PAINTINGS_FILE,
            _directions=unit(vectors.astype(np.float32)),
            _places=np.array([(each.x, each.y) for each in paintings], np.float32),
            _projection=Projection.from_matrix(projection),
        )

    def place(self, embedding: np.ndarray) -> tuple[float, float]:
        """Where a picture belongs; see `training.common.embedding_map.place`.

        Args:
            embedding: float32 [C], see `app.serving.classifier.Reading.embedding`.
        """
        x, y = place(self._direction(embedding)[None], self._directions, self._places)[0].tolist()
        return x, y

    def neighbours(self, embedding: np.ndarray, count: int = 10) -> tuple[Neighbour, ...]:
        """The paintings that are most alike, most alike first.

        Args:
            embedding: float32 [C].
            count: how many, 1 to N.
        """
        indices, cosines = nearest(self._direction(embedding), self._directions, count)
        return tuple(
            Neighbour(self.paintings[index], index, cosine)
            for index, cosine in zip(indices.tolist(), cosines.tolist(), strict=True)
        )

    def similarity_to(self, index: int, embedding: np.ndarray) -> float:
        """How alike a painting and a picture are: a cosine, -1 to 1.

        Args:
            index: of the painting, 0 to N-1.
            embedding: float32 [C], of the picture.
        """
        return float(self._directions[index] @ self._direction(embedding))

    def search(self, words: str) -> tuple[int, ...]:
        """Indices of the paintings whose artist, title and year together contain every word.

        Capitals and accents make no difference; no words find nothing.
        """
        wanted = _plain(words).split()
        if not wanted:
            return ()
        return tuple(
            index for index, text in enumerate(self._texts) if all(word in text for word in wanted)
        )

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """What `search` looks through, by painting."""
        return tuple(
            _plain(f"{each.artist} {'' if each.title == UNKNOWN else each.title} {each.year or ''}")
            for each in self.paintings
        )

    def cluster_at(self, x: float, y: float) -> int:
        """Index of the region that a place belongs to: that of the painting next to it."""
        away = self._places - np.array((x, y), np.float32)
        return self.paintings[int((away**2).sum(1).argmin())].cluster

    def _direction(self, embedding: np.ndarray) -> np.ndarray:
        return unit(self._projection(embedding[None]))[0]


def _plain(text: str) -> str:
    """Text without capitals and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})  # Of one piece.


def _painting(row: dict[str, Any]) -> Painting:
    return Painting(
        title=row["title"],
        artist=row["artist"],
        year=int(row["year"]) if row["year"] else None,
        movement=row["movement"],
        style=row["style"],
        x=float(row["x"]),
        y=float(row["y"]),
        cluster=int(row["cluster"]),
    )
