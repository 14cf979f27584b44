"""Pictures for checks and benchmarks: scikit-image's own, or a folder."""

from pathlib import Path

import numpy as np
from skimage import data

from training.data import load_picture, scan


def bundled() -> list[np.ndarray]:
    """The colour photographs in scikit-image (CC0 or public domain), uint8 RGB [H,W,3]."""
    return [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]


def in_folder(folder: Path, count: int, seed: int = 0) -> list[np.ndarray]:
    """Up to `count` paintings drawn at random from a folder, uint8 RGB [H,W,3].

    Args:
        folder: one subfolder per movement, or with an `index.csv`, as `training.data` takes it.
        count: how many.
        seed: which.

    Raises:
        UserError: the folder holds no picture.
    """
    records = scan(folder)
    order = np.random.default_rng(seed).permutation(len(records))[:count]
    return [load_picture(records[i].path) for i in order]
