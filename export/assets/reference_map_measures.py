"""Quality measures of the reference map: how well neighbourhoods are kept, and what they mean."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from training.common.embedding_map import place, unit

NEIGHBOURS = 10


def measure(
    *,
    full: np.ndarray,
    short: np.ndarray,
    places: np.ndarray,
    movements: Sequence[str],
    unseen: np.ndarray,
    unseen_movements: Sequence[str],
) -> dict[str, float]:
    """All numbers, as shares of 0 to 1.

    Args:
        full: float32 [N,C], the classifier's own embeddings, centred.
        short: float32 [N,D], the same as they are shipped.
        places: float32 [N,2], on the map.
        movements: of the N paintings.
        unseen: float32 [M,D], of paintings that are not on the map.
        unseen_movements: of these M.
    """
    by_angle, on_map = nearest_by_angle(short), nearest(places)
    placed = place(unseen, short, places)
    count = Counter(movements)
    found = {
        "neighbours_kept": overlap(by_angle, nearest_by_angle(full)),
        "neighbours_on_map": overlap(on_map, by_angle),
        "trustworthiness": _trustworthiness(short, places),
        "movement_by_neighbours": accuracy(by_angle, movements, movements),
        "movement_on_map": accuracy(on_map, movements, movements),
        "unseen_movement_by_neighbours": accuracy(
            nearest_by_angle(short, unseen), movements, unseen_movements
        ),
        "unseen_movement_on_map": accuracy(nearest(places, placed), movements, unseen_movements),
        "commonest_movement": max(count.values()) / len(movements),
    }
    return {name: round(value, 4) for name, value in found.items()}


def similarities(vectors: np.ndarray) -> dict[str, float]:
    """Cosines to compare others with.

    Args:
        vectors: float32 [N,D].

    Returns:
        "stranger": that 95 % of pairs stay below; "tenth" and "first": that half of the paintings
        have with their tenth and first neighbour; "twin": that one in ten exceeds with its first.
    """
    table = _cosines(vectors, vectors)
    some = np.random.default_rng(0).integers(0, len(table), (100_000, 2))
    pairs = table[tuple(some[some[:, 0] != some[:, 1]].T)]
    np.fill_diagonal(table, -2)
    ranked = np.sort(table, 1)
    first, tenth = ranked[:, -1], ranked[:, -min(NEIGHBOURS, len(table) - 1)]
    words = {
        "stranger": np.quantile(pairs, 0.95),
        "tenth": np.median(tenth),
        "first": np.median(first),
        "twin": np.quantile(first, 0.9),
    }
    return {word: round(float(value), 3) for word, value in words.items()}


def nearest_by_angle(known: np.ndarray, new: np.ndarray | None = None) -> np.ndarray:
    """Indices of the ten nearest by cosine, nearest first, int [M,10]; see `nearest`."""
    table = _cosines(known if new is None else new, known)
    if new is None:
        np.fill_diagonal(table, -2)
    return _lowest(-table)


def nearest(known: np.ndarray, new: np.ndarray | None = None) -> np.ndarray:
    """Indices of the ten nearest by distance, nearest first.

    Args:
        known: float32 [N,D].
        new: float32 [M,D]; without it each of the known is compared with all others.

    Returns:
        int [M,10].
    """
    queries = known if new is None else new
    squares = (queries**2).sum(1)[:, None] - 2 * queries @ known.T + (known**2).sum(1)
    if new is None:
        np.fill_diagonal(squares, np.inf)
    return _lowest(squares)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Share of neighbours that two lists of them, int [N,k], have in common."""
    common = (one[:, :, None] == other[:, None]).any(2)
    return float(common.mean())


def accuracy(neighbours: np.ndarray, movements: Sequence[str], truth: Sequence[str]) -> float:
    """How often most neighbours, int [M,k], are of the movement of the painting itself."""
    votes = (Counter(movements[index] for index in row) for row in neighbours.tolist())
    right = [each.most_common(1)[0][0] == own for each, own in zip(votes, truth, strict=True)]
    return float(np.mean(right))


def _trustworthiness(vectors: np.ndarray, places: np.ndarray) -> float:
    """Trustworthiness of the neighbours on the map (Venna and Kaski, 2001)."""
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(unit(vectors), places, n_neighbors=NEIGHBOURS))


def _cosines(new: np.ndarray, known: np.ndarray) -> np.ndarray:
    return unit(new) @ unit(known).T


def _lowest(table: np.ndarray) -> np.ndarray:
    count = min(NEIGHBOURS, table.shape[1] - 1)
    return np.argsort(table, axis=1, kind="stable")[:, :count]
