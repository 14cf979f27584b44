"""Maps of pictures: vectors laid out in two dimensions so that similar ones are close together.

t-SNE (van der Maaten and Hinton, 2008) by openTSNE (Policar, Strazar and Zupan, 2019), places for
new pictures on an existing map, and named clusters. Vectors are compared by the cosine of the angle
between them. Torch-free: the app uses it.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from training.common.softmax import softmax

PERPLEXITY = 30
"""How many neighbours a picture has on a map, roughly."""

PLACING_PERPLEXITY = 10
"""The same for a picture that comes later. Of 5 to 30 it put held-out paintings best."""

CLUSTERED = -1
"""Stands for no cluster, where there are too few pictures for any."""

_FEW = 12  # Below this, t-SNE has nothing to choose from; two principal components say as much.
_ALONE = 2000  # Below this, threads are slower than one.
_MANY = 20_000  # Above this, neighbours are searched approximately.
_BLOCK = 512  # Rows of the table of similarities that are in memory at once.
_STEPS = 50  # Halvings of the interval in which a Gaussian's width is searched.


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length one, float32 [N,D]; a vector of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


def embed_in_plane(
    vectors: np.ndarray, *, seed: int = 0, perplexity: float = PERPLEXITY
) -> np.ndarray:
    """Lay vectors out in the plane by t-SNE; the same vectors and seed, the same map.

    Args:
        vectors: float32 [N,D], any N from 0; of fewer than a dozen the map is their two principal
            components.
        seed: of the optimisation.
        perplexity: how many neighbours count; less where there are few vectors.

    Returns:
        float32 [N,2], centred, with the larger side from -1 to 1.
    """
    directions = unit(vectors)
    count = len(directions)
    if count < _FEW:
        return _centred(pca(directions, 2)[0])
    from openTSNE import TSNE  # slow to import, and only needed to make a map

    # On vectors of length one, Euclidean neighbours are the neighbours by cosine.
    embedding = TSNE(
        perplexity=min(perplexity, (count - 1) / 3),
        neighbors="exact" if count <= _MANY else "approx",
        n_jobs=1 if count < _ALONE else _processors(),
        random_state=seed,
    ).fit(directions)
    return _centred(np.asarray(embedding))


def pca(vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first principal components; signs are fixed, so that they never depend on the machine.

    Args:
        vectors: float32 [N,D].
        count: of components; where there are fewer, the rest is zero.

    Returns:
        Scores float32 [N,count], components float32 [count,D], and the mean float32 [D].
    """
    size, width = vectors.shape
    mean = vectors.mean(0) if size else np.zeros(width, np.float32)
    components = np.zeros((count, width), np.float32)
    if size > 1:
        from sklearn.decomposition import PCA  # slow to import

        with np.errstate(invalid="ignore"):  # Equal vectors have no variance to divide by.
            found = PCA(min(count, size, width), svd_solver="full").fit(vectors)
        components[: found.n_components_] = found.components_
    return ((vectors - mean) @ components.T).astype(np.float32), components, mean


def nearest(query: np.ndarray, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The vectors most like one, by comparing it with all.

    Args:
        query: float32 [D], of length one.
        vectors: float32 [N,D], of length one.
        count: how many; fewer where there are fewer.

    Returns:
        Indices int64 [k] and cosines float32 [k], the most alike first.
    """
    cosines = vectors @ query
    order = np.argsort(-cosines, kind="stable")[:count]
    return order, cosines[order]


def place(
    new: np.ndarray,
    vectors: np.ndarray,
    coordinates: np.ndarray,
    *,
    perplexity: float = PLACING_PERPLEXITY,
) -> np.ndarray:
    """Places for new vectors on a map that is laid out already, each on its own.

    A new vector goes to the weighted median of its nearest neighbours' places, in each coordinate.
    The weights are t-SNE's own: a Gaussian around it, as wide as gives the wanted perplexity. This
    is where openTSNE begins when it embeds new points (Policar, Strazar and Zupan, 2019 and 2023),
    without the optimisation that follows there. A mean would put a picture that has neighbours in
    two regions between them, beside dissimilar ones.

    Args:
        new: float32 [M,D].
        vectors: float32 [N,D], N at least 1.
        coordinates: float32 [N,2], their places on the map.
        perplexity: how many neighbours count; less where there are few.

    Returns:
        float32 [M,2].
    """
    known, places = unit(vectors), np.zeros((len(new), 2), np.float32)
    count = min(len(known), max(1, round(3 * perplexity)))
    for start in range(0, len(new), _BLOCK):
        cosines = unit(new[start : start + _BLOCK]) @ known.T
        closest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        squares = 2 - 2 * np.take_along_axis(cosines, closest, 1)
        weights = gaussian_weights(squares, max(1, min(perplexity, count / 3)))
        places[start : start + _BLOCK] = _weighted_median(coordinates[closest], weights)
    return places


def _weighted_median(places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For places [M,k,2] with weights [M,k] that add up to 1, the medians [M,2]."""
    order = np.argsort(places, axis=1)
    ordered = np.take_along_axis(places, order, 1)
    below = np.take_along_axis(weights[:, :, None], order, 1).cumsum(1)
    middle = (below >= 0.5 - 1e-9).argmax(1)
    return np.take_along_axis(ordered, middle[:, None], 1)[:, 0]


def gaussian_weights(squares: np.ndarray, perplexity: float) -> np.ndarray:
    """Weights of neighbours under a Gaussian that is as wide as gives the wanted perplexity.

    Args:
        squares: float [M,k], squared distances.
        perplexity: two to the power of the weights' entropy in bits; at most k.

    Returns:
        float64 [M,k], each row with the sum 1.
    """
    away = squares.astype(np.float64)
    away -= away.min(1, keepdims=True)
    low, high = np.full((len(away), 1), -40.0), np.full((len(away), 1), 40.0)  # log2 of precision
    for _ in range(_STEPS):
        middle = (low + high) / 2
        weights = softmax(-(2**middle) * away)
        entropy = -(weights * np.log2(np.maximum(weights, 1e-300))).sum(1, keepdims=True)
        wide = entropy > np.log2(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return weights


def clusters(coordinates: np.ndarray, *, count: int | None = None, seed: int = 0) -> np.ndarray:
    """Regions of a map, by k-means on the places.

    On the map and not on the vectors, so that a region is one area that a name can be written on.
    k-means and not HDBSCAN, because every picture needs a cluster: t-SNE evens densities out, and
    of our map's paintings HDBSCAN left a third without a cluster.

    Args:
        coordinates: float32 [N,2].
        count: how many; by default about one for every 25 pictures, at least 2 and at most 12.
        seed: of the first guess.

    Returns:
        int64 [N], from 0, the largest region first; all `CLUSTERED` of fewer than four pictures.
    """
    size = len(coordinates)
    if size < 4:
        return np.full(size, CLUSTERED)
    from sklearn.cluster import KMeans

    wanted = count or int(np.clip(size // 25, 2, 12))
    wanted = min(wanted, len(np.unique(coordinates, axis=0)))
    found = KMeans(wanted, n_init=10, random_state=seed).fit_predict(coordinates)
    by_size = np.argsort(-np.bincount(found, minlength=wanted), kind="stable")
    return np.argsort(by_size)[found]


def cluster_name(
    movements: Sequence[str],
    artists: Sequence[str] = (),
    *,
    all_movements: Sequence[str] = (),
    all_artists: Sequence[str] = (),
) -> str:
    """What a cluster shows, in a few words, from facts alone: "Impressionism: Monet, Sisley".

    Args:
        movements: of the cluster's pictures, as coarse or fine as they are known; "" where unknown.
        artists: of the cluster's pictures, as they are to be written; may be empty.
        all_movements: of all pictures on the map; without them the commonest is the name.
        all_artists: of all pictures on the map.

    Returns:
        Up to two movements, then up to three artists, who are there more often than chance would
        have it.
    """
    size, share = len(movements), len(movements) / max(1, len(all_movements))
    names = typical(_counts(movements), _counts(all_movements), share, size / 8)[:2]
    least = max(3, len(artists) / 100)
    most = typical(_counts(artists), _counts(all_artists), share, least)[:3]
    name = " and ".join(names or _commonest(movements))
    return f"{name}: {', '.join(most)}" if most else name


def typical(
    counts: Mapping[str, int], totals: Mapping[str, int], share: float, least: float
) -> list[str]:
    """Names that a cluster has more often than chance would have it, the most telling first.

    Ordered by the likelihood ratio of the count (Dunning, 1993): that favours neither a name
    of one picture that happens to be in the cluster, nor one of hundreds that are everywhere.

    Args:
        counts: of how many pictures of the cluster each name is.
        totals: of how many pictures of the map each name is; names that are missing are left out.
        share: of the map's pictures that are in the cluster.
        least: how many pictures of the cluster must have a name.
    """
    surplus = {
        name: count * np.log(count / (share * totals[name]))
        for name, count in counts.items()
        if count >= least and count > 1.5 * share * totals.get(name, 0) > 0
    }
    return sorted(surplus, key=lambda name: -surplus[name])


def _counts(names: Sequence[str]) -> Counter[str]:
    """How often each name is there; "" counts as none."""
    return Counter(filter(None, names))


def _commonest(movements: Sequence[str]) -> list[str]:
    """The commonest movement; with the second where the first has less than half."""
    common = _counts(movements).most_common(2)
    names = [name for name, _ in common]
    return names if common and common[0][1] < 0.5 * len(movements) else names[:1]


def _centred(places: np.ndarray) -> np.ndarray:
    """Places moved and scaled, so that the larger side goes from -1 to 1; float32 [N,2]."""
    if not len(places):
        return np.zeros((0, 2), np.float32)
    low, high = places.min(0), places.max(0)
    half = max(float((high - low).max()) / 2, 1e-12)
    return ((places - (low + high) / 2) / half).astype(np.float32)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
