import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.collection import duplicates
from app.collection.duplicates import ALIKE, CLOSE, NEAR, near_duplicates
from training.data import difference_hash

APART = np.eye(64, dtype=np.float32)  # Embeddings that have nothing in common.


def groups(fingerprints: list[int], vectors: np.ndarray) -> list[list[int]]:
    found = near_duplicates(np.array(fingerprints, np.uint64), vectors)
    return [group.tolist() for group in found]


def bits(*positions: int) -> int:
    return sum(1 << position for position in positions)


def test_copies_of_a_picture_are_found_and_others_are_not() -> None:
    cat = Image.fromarray(data.chelsea())
    saved = io.BytesIO()
    cat.save(saved, "JPEG", quality=30)
    pictures = [
        data.coffee(),
        data.chelsea(),
        data.astronaut(),
        np.asarray(cat.resize((150, 100))),
        np.asarray(Image.open(saved)),
        np.asarray(cat.convert("L").convert("RGB")),
    ]
    assert groups([difference_hash(picture) for picture in pictures], APART) == [[1, 3, 4, 5]]


def test_hashes_that_are_only_near_need_the_reader_s_word() -> None:
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
    home = list(range(count))
    for _ in range(count):
        for i, j in links:
            home[i] = home[j] = min(home[i], home[j])
    members = [[i for i in range(count) if home[i] == h] for h in sorted(set(home))]
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
