"""Pictures that show the same, told by their perceptual hashes."""

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from training.data.records import Record


def difference_hash(picture: np.ndarray) -> int:
    """64-bit perceptual hash: is each of 8x8 cells brighter than its right neighbour?

    Args:
        picture: uint8 RGB [H,W,3].
    """
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((9, 8)), np.int16)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())


def near_duplicates(hashes: Iterable[int], distance: int = 6) -> list[tuple[int, int]]:
    """Pairs of positions whose 64-bit hashes differ in at most `distance` bits, closest first."""
    array = np.fromiter(hashes, np.uint64)
    pairs = []
    for i, value in enumerate(array):
        bits = np.bitwise_count(array[i + 1 :] ^ value)
        pairs += [(int(bits[j]), i, i + 1 + int(j)) for j in np.flatnonzero(bits <= distance)]
    return [(i, j) for _, i, j in sorted(pairs)]


def contradictions(
    records: Sequence[Record], pairs: Iterable[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Those near-duplicates that are said to be of different movements."""
    return [(i, j) for i, j in pairs if records[i].movement != records[j].movement]
