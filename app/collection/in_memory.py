"""A collection in memory: what the Map tab keeps of a visitor's pictures, without their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from app.collection.embed import Entry
from app.collection.embedding_map import EmbeddingMap, make_embedding_map
from app.collection.outputs import Facts, as_csv
from app.errors import UserError
from app.translation import gettext as _
from training.common.duplicates import duplicate_groups
from training.common.embedding_map import nearest, place, unit


@dataclass(frozen=True, eq=False)
class Collection:
    """Pictures and their map; nothing changes it.

    Attributes:
        entries: the pictures, at least one.
        vectors: float32 [N,D], their embeddings.
        embedding_map: where they lie.
        duplicates: groups of indices, see `duplicate_groups`.
    """

    entries: tuple[Entry, ...]
    vectors: np.ndarray
    embedding_map: EmbeddingMap
    duplicates: tuple[np.ndarray, ...]

    @classmethod
    def gather(cls, entries: Sequence[Entry], *, seed: int = 0) -> Self:
        """Lay pictures out; a few hundred take seconds.

        Raises:
            UserError: there is no picture.
        """
        if not entries:
            raise UserError(_("None of these files could be read; each one's problem is below."))
        vectors = np.stack([entry.vector for entry in entries])
        fingerprints = np.array([entry.fingerprint for entry in entries], np.uint64)
        facts = [_facts(entry) for entry in entries]
        groups, names = [fact.group for fact in facts], [fact.name for fact in facts]
        duplicates = tuple(duplicate_groups(fingerprints, vectors))
        return cls(
            tuple(entries),
            vectors,
            make_embedding_map(vectors, groups, names, seed=seed),
            duplicates,
        )

    @cached_property
    def facts(self) -> list[Facts]:
        """What the table and the map show of each picture."""
        return [_facts(entry) for entry in self.entries]

    def nearest(self, vector: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The pictures most like a vector, float32 [D], see `app.collection.embed.Entry`.

        Returns:
            Indices int64 [k] and cosines float32 [k], the most alike first.
        """
        return nearest(unit(vector[None])[0], unit(self.vectors), count)

    def place(self, vector: np.ndarray) -> np.ndarray:
        """Where a picture with that vector, float32 [D], belongs on the map: float32 [2]."""
        return place(vector[None], self.vectors, self.embedding_map.coordinates)[0]

    def csv(self) -> bytes:
        """The map as a table."""
        return as_csv(self.facts, self.embedding_map, self.duplicates).encode()


def _facts(entry: Entry) -> Facts:
    return Facts(
        name=entry.source.name,
        kind=entry.kind,
        movement=entry.movement,
        confidence=entry.confidence,
        width=entry.width,
        height=entry.height,
        between=entry.between,
    )
