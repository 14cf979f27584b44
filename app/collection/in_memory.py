"""A collection in memory: what the Map tab has of a visitor's pictures, and no files of theirs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from app.collection.embed import Entry
from app.collection.embedding_map import EmbeddingMap, draw, nearest
from app.collection.outputs import Facts, as_csv
from app.errors import UserError
from training.common.duplicates import duplicate_groups
from training.common.embedding_map import place


@dataclass(frozen=True, eq=False)
class Neighbour:
    """One of the pictures most like another; `similarity` is a cosine, 1 for the same picture."""

    index: int
    similarity: float


@dataclass(frozen=True, eq=False)
class Collection:
    """Pictures and their map; nothing changes it.

    Attributes:
        entries: the pictures, at least one.
        vectors: float32 [N,D], their embeddings.
        chart: where they lie.
        duplicates: groups of indices, see `duplicate_groups`.
    """

    entries: tuple[Entry, ...]
    vectors: np.ndarray
    chart: EmbeddingMap
    duplicates: tuple[np.ndarray, ...]

    @classmethod
    def gather(cls, entries: Sequence[Entry], *, seed: int = 0) -> Self:
        """Lay pictures out; a few hundred take seconds.

        Raises:
            UserError: there is no picture.
        """
        if not entries:
            raise UserError("None of these files could be read; please look at each one's problem.")
        vectors = np.stack([entry.vector for entry in entries])
        fingerprints = np.array([entry.fingerprint for entry in entries], np.uint64)
        facts = [_facts(entry) for entry in entries]
        groups, names = [fact.group for fact in facts], [fact.name for fact in facts]
        chart = draw(vectors, groups, names, seed=seed)
        return cls(tuple(entries), vectors, chart, tuple(duplicate_groups(fingerprints, vectors)))

    @cached_property
    def facts(self) -> list[Facts]:
        """What is said of each picture."""
        return [_facts(entry) for entry in self.entries]

    def find(self, entry: Entry, count: int) -> tuple[list[Neighbour], np.ndarray]:
        """The pictures most like another one, and its place among them, float32 [2]."""
        indices, cosines = nearest(entry.vector, self.vectors, count)
        found = [Neighbour(*pair) for pair in zip(indices.tolist(), cosines.tolist(), strict=True)]
        return found, place(entry.vector[None], self.vectors, self.chart.coordinates)[0]

    def csv(self) -> bytes:
        """The map as a table."""
        return as_csv(self.facts, self.chart, self.duplicates).encode()

    def npy(self) -> bytes:
        """The embeddings as a NumPy file, in the order of the table's lines."""
        file = io.BytesIO()
        np.save(file, self.vectors)
        return file.getvalue()


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
