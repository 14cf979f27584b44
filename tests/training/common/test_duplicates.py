import io
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from training.common import duplicates
from training.common.duplicates import (
    ALIKE,
    CLOSE,
    NEAR,
    difference_hash,
    duplicate_groups,
    near_duplicates,
)

APART = np.eye(64, dtype=np.float32)  # Embeddings that have nothing in common.


def groups(fingerprints: list[int], vectors: np.ndarray) -> list[list[int]]:
    found = duplicate_groups(np.array(fingerprints, np.uint64), vectors)
    return [group.tolist() for group in found]


def bits(*positions: int) -> int:
    return sum(1 << position for position in positions)


def test_copies_of_a_picture_are_found_and_others_are_not() -> None:
    cat = Image.fromarray(data.chelsea())
    pictures = [
        data.coffee(),
        data.chelsea(),
        data.astronaut(),
        np.asarray(cat.resize((150, 100))),
        saved(data.chelsea(), "JPEG", quality=30),
        np.asarray(cat.convert("L").convert("RGB")),
    ]
    assert groups([difference_hash(picture) for picture in pictures], APART) == [[1, 3, 4, 5]]


def saved(picture: np.ndarray, kind: str, quality: int = 60) -> np.ndarray:
    """A picture that was saved and read again."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def flat(*colour: int) -> np.ndarray:
    return np.full((60, 80, 3), colour, np.uint8)


FLAT = [(0,) * 3, (90,) * 3, (200,) * 3, (255,) * 3, (200, 30, 30), (200, 30, 200), (30, 30, 200)]


def test_flat_pictures_of_different_colours_are_different_pictures() -> None:
    hashes = [difference_hash(flat(*colour)) for colour in FLAT]
    same_to_the_reader = np.ones((len(FLAT), 1), np.float32)
    assert groups(hashes, same_to_the_reader) == []
    assert near_duplicates(hashes) == []


@pytest.mark.parametrize("colour", FLAT)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_flat_picture_is_a_duplicate_of_itself(colour: tuple[int, ...], kind: str) -> None:
    original = flat(*colour)
    noise = np.random.default_rng(0).normal(0, 2, original.shape)
    noisy = np.clip(original + noise, 0, 255).astype(np.uint8)
    copies = [original, saved(original, kind), original[:20, :31], saved(noisy, kind)]
    assert near_duplicates(map(difference_hash, copies)) != []
    assert groups([difference_hash(copy) for copy in copies], np.ones((4, 1))) == [[0, 1, 2, 3]]


def test_a_flat_picture_is_not_one_that_brightens_to_the_right() -> None:
    slope = np.tile(np.arange(0, 240, 3, np.uint8)[:, None], (60, 1, 3))
    assert difference_hash(slope) == 0  # No cell is brighter than its right neighbour.
    assert near_duplicates([difference_hash(slope), difference_hash(flat(90, 90, 90))]) == []


def test_flags_with_different_stripes_have_different_hashes() -> None:
    black, red, gold, white, blue = (0,) * 3, (221, 0, 0), (255, 206, 0), (255,) * 3, (33, 70, 139)
    flags = [
        np.repeat(np.uint8([[stripe] for stripe in stripes]), 20, 0).repeat(90, 1)
        for stripes in ((black, red, gold), (red, white, blue), (red, white, white))
    ]
    flags.append(saved(flags[0], "JPEG"))
    assert near_duplicates(map(difference_hash, flags)) == [(0, 3)]


@pytest.mark.parametrize("cells", [1, 100, 10**6])
def test_pairs_are_those_of_comparing_each_with_each(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "_CELLS", cells)
    random = np.random.default_rng(1)
    hashes = [int(h) for h in random.integers(0, 2**12, 40)]  # Few bits, so that many are close.
    expected = sorted(
        (bits, i, j)
        for i, j in combinations(range(40), 2)
        if (bits := (hashes[i] ^ hashes[j]).bit_count()) <= 4
    )
    assert len(expected) > 50
    assert near_duplicates(hashes, distance=4) == [(i, j) for _, i, j in expected]
    assert near_duplicates([]) == []


def test_pictures_with_merely_similar_hashes_need_similar_embeddings_too() -> None:
    close, near, far = bits(*range(CLOSE)), bits(*range(NEAR)), bits(*range(NEAR + 1))
    same, alike = np.array([[1, 0], [1, 0]]), np.array([[1, 0], [1, 0.3]])
    apart = np.array([[1, 0], [1, 0.5]])
    assert np.cos(np.arctan(0.5)) < ALIKE < np.cos(np.arctan(0.3))
    assert groups([0, close], apart) == [[0, 1]]
    assert groups([0, near], apart) == []
    assert groups([0, near], alike) == [[0, 1]]
    assert groups([0, far], same) == []


@pytest.mark.parametrize("cells", [1, 300, 10**6])
def test_groups_are_those_of_comparing_each_with_each(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "_CELLS", cells)
    random = np.random.default_rng(0)
    prints = random.integers(0, 2**63, 12, np.uint64)[random.integers(0, 12, 60)]
    for _ in range(5):
        prints ^= np.uint64(1) << random.integers(0, 64, 60, np.uint64)
    vectors = random.standard_normal((60, 2)).astype(np.float32)
    links = {
        (i, j)
        for i, j in combinations(range(60), 2)
        if (d := int(prints[i] ^ prints[j]).bit_count()) <= CLOSE
        or (d <= NEAR and _cosine(vectors[i], vectors[j]) > ALIKE)
    }
    assert links
    assert sorted(groups(prints.tolist(), vectors)) == sorted(_united(60, links))


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def _united(count: int, links: set[tuple[int, int]]) -> list[list[int]]:
    group = list(range(count))
    for _ in range(count):
        for i, j in links:
            group[i] = group[j] = min(group[i], group[j])
    members = [[i for i in range(count) if group[i] == h] for h in sorted(set(group))]
    return [group for group in members if len(group) > 1]


def test_the_largest_group_comes_first() -> None:
    far = bits(*range(20))
    assert groups([0, far, 0, far, far], APART) == [[1, 3, 4], [0, 2]]


def test_thousands_of_blank_pages_are_one_group() -> None:
    vectors = np.zeros((20_000, 1), np.float16)
    assert len(groups([0] * 20_000, vectors)[0]) == 20_000


def test_few_pictures_have_few_duplicates() -> None:
    assert groups([], np.zeros((0, 3), np.float32)) == []
    assert groups([5], APART) == []


def test_the_finder_needs_no_torch() -> None:
    found = "{'torch', 'scipy'} & set(sys.modules)"
    code = f"import sys, training.common.duplicates; sys.exit(bool({found}))"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
