"""A collection as a map: where each picture lies, which regions there are, and what they show.

Only for the projection there is a limit: of more than `LAID_OUT` pictures, chosen by chance, the
others are placed beside those most like them, which takes minutes where t-SNE takes hours.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from app.collection.embed import NOTHING
from training.common.embedding_map import (
    CLUSTERED,
    cluster_name,
    clusters,
    embed_in_plane,
    place,
    unit,
)

LAID_OUT = 20_000
"""Of how many pictures t-SNE itself finds the places."""

_OTHERS = {"photograph": "Photographs", "another movement": "Other art", NOTHING: "Nearly nothing"}

_WORD = re.compile(r"[^\W\d_]{3,}")
_IDLE_WORDS = frozenset(  # What cameras and people write into every name, and English says often.
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
    """What a picture is counted as: its movement, or what else it looks like."""
    return _OTHERS.get(kind, movement)


def draw(
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
    said = [words(title) for title in titles]
    often = Counter(word for each in said for word in each)
    names = []
    for number in range(found.max(initial=-1) + 1):
        members = np.flatnonzero(found == number).tolist()
        name = cluster_name([groups[index] for index in members])
        share = len(members) / len(found)
        telling = _telling([said[index] for index in members], often, share)
        names.append(f"{name}: {', '.join(telling)}" if telling else name)
    return EmbeddingMap(coordinates, found, _numbered(names))


def nearest(query: np.ndarray, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The pictures most like one, by comparing it with all.

    Args:
        query: float32 [C].
        vectors: float32 [N,C].
        count: how many; fewer where there are fewer.

    Returns:
        Indices int64 [k] and cosines float32 [k], the most alike first.
    """
    cosines = unit(vectors) @ unit(query[None])[0]
    order = np.argsort(-cosines, kind="stable")[:count]
    return order, cosines[order]


def words(title: str) -> list[str]:
    """The words in a file's name that may say what it shows, each once.

    A run of letters beside digits is no word: names are full of numbers in hexadecimal.
    """
    parts = re.split(r"[^\w]|_", PurePath(title.replace("\\", "/")).stem.casefold())
    found = (part for part in parts if _WORD.fullmatch(part))
    return [word for word in dict.fromkeys(found) if word not in _IDLE_WORDS]


def _telling(said: Sequence[Sequence[str]], often: Counter[str], share: float) -> list[str]:
    """Up to three words of a region's names that chance would not have put there so often.

    Args:
        said: the words of each of its pictures.
        often: of how many pictures on the whole map each word is.
        share: of the map's pictures that are in the region.
    """
    here = Counter(word for each in said for word in each)
    least = max(3, len(said) / 8)
    surplus = {
        word: count * np.log(count / (share * often[word]))
        for word, count in here.items()
        if count >= least and count > 1.5 * share * often[word]
    }
    return sorted(surplus, key=lambda word: -surplus[word])[:3]


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
    often, seen = Counter(names), Counter[str]()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} {seen[name]}" if often[name] > 1 else name)
    return tuple(result)
