"""A collection as a map: where each picture lies, which regions it has, and what they show.

t-SNE lays out up to `LAID_OUT` pictures. Of more, so many are chosen by chance, and the others are
placed beside those most like them, which takes minutes where t-SNE takes hours.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from app.collection.embed import BLANK_KIND
from app.translation import gettext as _
from training.common.embedding_map import (
    CLUSTERED,
    cluster_name,
    clusters,
    embed_in_plane,
    place,
    typical,
)

LAID_OUT = 20_000
"""Of so many pictures t-SNE itself finds the places."""

_OTHERS = {
    "photograph": _("Photographs"),
    "another movement": _("Other art"),
    BLANK_KIND: _("Nearly nothing"),
}

_WORD = re.compile(r"[^\W\d_]{3,}")
_STOP_WORDS = frozenset(  # Common in the names of picture files, and the commonest English words.
    (
        *("img", "image", "dsc", "dscn", "dscf", "pxl", "photo", "picture", "pic", "scan"),
        *("screenshot", "whatsapp", "signal", "copy", "final", "edit", "edited", "untitled"),
        *("and", "the", "with", "for", "from", "jpg", "jpeg", "png", "webp"),
    )
)


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """A map of a collection.

    Attributes:
        coordinates: float32 [N,2], see `embed_in_plane`.
        clusters: int64 [N], which region each picture is in; -1 where there are none.
        names: of the regions, in the order of their numbers.
    """

    coordinates: np.ndarray
    clusters: np.ndarray
    names: tuple[str, ...]

    def cluster(self, index: int) -> str:
        """The name of the region that a picture is in, or an empty text."""
        number = int(self.clusters[index])
        return "" if number == CLUSTERED else self.names[number]


def group(kind: str, movement: str) -> str:
    """What a picture is counted as: its movement, or a kind that has none."""
    return _OTHERS.get(kind, movement)


def make_embedding_map(
    vectors: np.ndarray, groups: Sequence[str], titles: Sequence[str], *, seed: int = 0
) -> EmbeddingMap:
    """Lay a collection out, and find and name its regions.

    Args:
        vectors: float32 [N,C], embeddings.
        groups: what each picture is, see `group`.
        titles: what each is called; words in them help to name the regions.
        seed: the same seed gives the same map.
    """
    coordinates = _lay_out(vectors, seed)
    found = clusters(coordinates, seed=seed)
    title_words = [words(title) for title in titles]
    totals = Counter(word for each in title_words for word in each)
    names = []
    for number in range(found.max(initial=-1) + 1):
        members = np.flatnonzero(found == number).tolist()
        name, size = cluster_name([groups[index] for index in members]), len(members)
        counts = Counter(word for index in members for word in title_words[index])
        typical_words = typical(counts, totals, size / len(found), max(3, size / 8))[:3]
        names.append(f"{name}: {', '.join(typical_words)}" if typical_words else name)
    return EmbeddingMap(coordinates, found, _numbered(names))


def words(title: str) -> list[str]:
    """The words in a file's name that may say what it shows, each once.

    A run of letters beside digits is no word: names are full of numbers in hexadecimal.
    """
    parts = re.split(r"[^\w]|_", PurePath(title.replace("\\", "/")).stem.casefold())
    found = (part for part in parts if _WORD.fullmatch(part))
    return [word for word in dict.fromkeys(found) if word not in _STOP_WORDS]


def _lay_out(vectors: np.ndarray, seed: int) -> np.ndarray:
    """See `embed_in_plane`, for any number of vectors."""
    size = len(vectors)
    if size <= LAID_OUT:
        return embed_in_plane(vectors, seed=seed)
    chosen = np.zeros(size, bool)
    chosen[np.random.default_rng(seed).choice(size, LAID_OUT, replace=False)] = True
    coordinates = np.empty((size, 2), np.float32)
    coordinates[chosen] = embed_in_plane(vectors[chosen], seed=seed)
    coordinates[~chosen] = place(vectors[~chosen], vectors[chosen], coordinates[chosen])
    return coordinates


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Equal names get numbers, so that each means one region."""
    totals, so_far = Counter(names), Counter[str]()
    result = []
    for name in names:
        so_far[name] += 1
        result.append(f"{name} {so_far[name]}" if totals[name] > 1 else name)
    return tuple(result)
