"""Near-duplicates: copies, other sizes, other scans of one picture. Torch-free.

    hashes = [difference_hash(picture) for picture in pictures]
    near_duplicates(hashes)  # pairs of positions, closest first: a data set's splits need them
    duplicate_groups(np.array(hashes, np.uint64), embeddings)  # what a collection shows

Of 80 paintings difference hashes found again each copy that was saved as a JPEG of quality 30,
shrunk to 160 pixels, turned grey, or had 2 % cut off each side; 60 % where it was 5 %; one in ten
that had got a border of 5 %, and none that was mirrored.
"""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

CLOSE = 4
"""Bits in which hashes of a group's near-duplicates may differ."""

NEAR = 10
"""The same, if their embeddings are alike by more than `ALIKE`."""

ALIKE = 0.94
"""Cosine of the angle between embeddings."""

_CELLS = 4_000_000  # Pairs that are compared at once: some 40 MB.
_EVEN = 2  # Levels of grey between neighbouring cells that are noise.
_GRID = 64  # Levels of colour in a cell of the grids that hash even pictures.


def difference_hash(picture: np.ndarray) -> int:
    """64-bit perceptual hash: is each of 8x8 cells brighter than its right neighbour?

    Krawetz, "Kind of Like That", 2013. Of a picture that is the same from left to right, such as a
    flat one or a flag of horizontal stripes, that says nothing: its rows' colours are hashed.

    Args:
        picture: uint8 RGB [H,W,3].
    """
    image = Image.fromarray(picture)
    grey = np.asarray(image.convert("L").resize((9, 8)), np.int16)
    if np.ptp(grey, axis=1).max() <= _EVEN:
        return _hash_of_rows(np.asarray(image.resize((1, 8)), int)[:, 0])
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())


def _hash_of_rows(colours: np.ndarray) -> int:
    """64-bit locality-sensitive hash of eight colours, int [8,3].

    Each bit is drawn for the cell that a row's colour lies in, in a grid of its own. The grids are
    shifted against each other, so that another level of one channel in all rows moves one of the
    64 colours into another cell; of colours that are far apart half of the bits differ.
    Rahimi and Recht, "Random Features for Large-Scale Kernel Machines", 2007: random binning.
    """
    value = 0
    for bit in range(64):
        shifts = np.array([1, 21, 43]) * bit  # Odd: each channel's 64 shifts are all different.
        cell = (colours[bit % 8] + shifts) // _GRID
        value = value << 1 | hashlib.sha256(f"{bit} {cell.tolist()}".encode()).digest()[0] & 1
    return value


def near_duplicates(hashes: Iterable[int], distance: int = 6) -> list[tuple[int, int]]:
    """Pairs of positions whose 64-bit hashes differ in at most `distance` bits, closest first."""
    found = [
        (int(far), int(i), int(j))
        for pairs, bits in _close(np.fromiter(hashes, np.uint64), distance)
        for far, i, j in zip(bits, *pairs, strict=True)
    ]
    return [(i, j) for _, i, j in sorted(found)]


def duplicate_groups(fingerprints: np.ndarray, vectors: np.ndarray) -> list[np.ndarray]:
    """Groups of near-duplicates; a near-duplicate of any member is in its group.

    Two pictures are near-duplicates if their hashes differ in at most `CLOSE` bits; or in at most
    `NEAR`, if their embeddings too are as good as the same. Embeddings count for
    nothing alone: of the 6,386 paintings on the reference map 878 pairs are so alike to it, most of
    them works of one series or two blank canvases. These rules name 19 pairs, of which 14 are truly
    one painting.

    Args:
        fingerprints: uint64 [N], difference hashes.
        vectors: float [N,C], embeddings.

    Returns:
        For each group of two or more the indices of its pictures, int64 in rising order; the
        largest group first.
    """
    if not len(fingerprints):
        return []
    # Equal hashes are one group at once: ten thousand blank pages are not fifty million pairs.
    different, first, group = np.unique(fingerprints, return_index=True, return_inverse=True)
    links = [np.zeros((2, 0), np.int64)]
    for pairs, bits in _close(different, NEAR):
        same = bits <= CLOSE
        same[~same] = _cosines(vectors, first[pairs[:, ~same]]) > ALIKE
        links.append(pairs[:, same])
    member = linked_groups(np.concatenate(links, axis=1), len(different))[group]
    order = np.argsort(member, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(member[order])) + 1)
    return sorted((found for found in groups if len(found) > 1), key=len, reverse=True)


def linked_groups(links: np.ndarray, size: int) -> np.ndarray:
    """The group of each of `size` items: connected components of the links.

    Args:
        links: pairs of positions, int [2,L].
        size: how many items there are.

    Returns:
        Numbers of groups, counted from 0, int32 [size].
    """
    # Slow to import, and not needed before there is a collection.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(links.shape[1], bool), tuple(links)), shape=(size, size))
    groups: np.ndarray = connected_components(graph, directed=False)[1]
    return groups


def _close(hashes: np.ndarray, distance: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Compare each hash with each, in pieces, so that the table of pairs is never whole.

    Args:
        hashes: uint64 [N].
        distance: bits in which two may differ.

    Yields:
        Pairs of positions, int64 [2,P], the smaller one first, and in how many bits they differ,
        uint8 [P].
    """
    rows = max(1, _CELLS // max(1, len(hashes)))
    for start in range(0, len(hashes), rows):
        bits = np.bitwise_count(hashes[start : start + rows, None] ^ hashes[None, start:])
        one, other = np.nonzero(np.triu(bits <= distance, 1))
        yield np.stack([one, other]) + start, bits[one, other]


def _cosines(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Cosines between the vectors of pairs, int64 [2,P]: float32 [P]."""
    found = np.empty(pairs.shape[1], np.float32)
    for start in range(0, len(found), 4096):
        one, other = (vectors[side].astype(np.float32) for side in pairs[:, start : start + 4096])
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        found[start : start + 4096] = (one * other).sum(1) / np.maximum(lengths, 1e-12)
    return found
