"""Pictures that are in a collection twice: copies, other sizes, other scans of one painting.

Two pictures are near-duplicates if their difference hashes differ in at most `CLOSE` of 64 bits; or
in at most `NEAR`, if to the reader too they are as good as the same. What the reader says counts
for nothing alone: of the 6,386 paintings on the map of art 878 pairs are so alike to it, most of
them works of one series or two blank canvases. These rules name 19 pairs, of which 14 are truly
one painting.

Of 80 paintings they found again each copy that was saved as a JPEG of quality 30, shrunk to 160
pixels, turned grey, or had 2 % cut off each side; 60 % where it was 5 %; one in ten that had got a
border of 5 %, and none that was mirrored.
"""

import numpy as np

CLOSE = 4
"""Bits in which hashes of near-duplicates may differ."""

NEAR = 10
"""The same, if their embeddings are alike by more than `ALIKE`."""

ALIKE = 0.94
"""Cosine of the angle between embeddings."""

_CELLS = 4_000_000  # Pairs that are compared at once: some 40 MB.


def near_duplicates(fingerprints: np.ndarray, vectors: np.ndarray) -> list[np.ndarray]:
    """Groups of near-duplicates; whoever is one of any in the group is in the group.

    Every pair is compared, but never all at once: the table of pairs is gone through in pieces.

    Args:
        fingerprints: uint64 [N], difference hashes.
        vectors: float [N,C], embeddings.

    Returns:
        For each group of two or more the indices of its pictures, int64 in rising order; the
        largest group first.
    """
    # Slow to import, and not needed before there is a collection.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(fingerprints):
        return []
    # Equal hashes are one group at once: ten thousand blank pages are not fifty million pairs.
    different, first, group = np.unique(fingerprints, return_index=True, return_inverse=True)
    links = [np.zeros((2, 0), np.int64)]
    rows = max(1, _CELLS // max(1, len(different)))
    for start in range(0, len(different), rows):
        bits = np.bitwise_count(different[start : start + rows, None] ^ different[None, start:])
        one, other = np.nonzero(np.triu(bits <= NEAR, 1))
        pairs = np.stack([one, other]) + start
        same = bits[one, other] <= CLOSE
        same[~same] = _cosines(vectors, first[pairs[:, ~same]]) > ALIKE
        links.append(pairs[:, same])
    size = len(different)
    linked = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(linked.shape[1], bool), tuple(linked)), shape=(size, size))
    member = connected_components(graph, directed=False)[1][group]
    order = np.argsort(member, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(member[order])) + 1)
    return sorted((found for found in groups if len(found) > 1), key=len, reverse=True)


def _cosines(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Cosines between the vectors of pairs, int64 [2,P]: float32 [P]."""
    found = np.empty(pairs.shape[1], np.float32)
    for start in range(0, len(found), 4096):
        one, other = (vectors[side].astype(np.float32) for side in pairs[:, start : start + 4096])
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        found[start : start + 4096] = (one * other).sum(1) / np.maximum(lengths, 1e-12)
    return found
