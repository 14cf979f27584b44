import numpy as np
from PIL import Image

from training.data import Record, difference_hash, near_duplicates
from training.data.duplicates import contradictions


def test_difference_hash_survives_resizing_and_compression(tmp_path):
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (6, 8, 3), np.uint8)
    pictures = [Image.fromarray(p).resize((320, 240), Image.Resampling.BICUBIC)
                for p in (small, 255 - small)]  # fmt: skip
    pictures[0].resize((200, 150)).save(tmp_path / "copy.jpg", quality=60)
    copy = np.asarray(Image.open(tmp_path / "copy.jpg"))
    hashes = [difference_hash(np.asarray(p)) for p in (*pictures, copy)]
    assert near_duplicates(hashes) == [(0, 2)]


def test_near_duplicates_of_different_movements_contradict_each_other():
    records = [Record("a", "Cubism"), Record("b", "Realism"), Record("c", "Cubism")]
    assert contradictions(records, [(0, 1), (0, 2), (1, 2)]) == [(0, 1), (1, 2)]


def test_the_closest_come_first():
    assert near_duplicates([0b111, 0, 0b1, 0xFFFF], distance=3) == [(1, 2), (0, 2), (0, 1)]
