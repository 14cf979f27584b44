"""Photographs and the paintings to paint them like, as endless training batches."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from training.data import Record, load_picture, scan, scan_photographs, share, split
from training.preprocessing import resize

PHOTOGRAPHS_HELD_OUT = 0.05

IDENTITIES = 1 / 8
"""Share of the pairs whose style is the photograph itself, which must come back unchanged."""

SMALLEST_CROP = 0.5
"""Smallest side of a crop, as a fraction of the shorter side."""

Item = tuple[Tensor, Tensor, bool]
"""Photograph and style, uint8 [size,size,3]; whether they are the same."""


@dataclass(frozen=True)
class Collection:
    """Pictures to train with, and those kept for validation and tests.

    Attributes:
        photographs: to paint.
        styles: to paint like.
        unseen_photographs: no part of training.
        unseen_styles: by artists of whom nothing is in training.
    """

    photographs: list[Record]
    styles: list[Record]
    unseen_photographs: list[Record]
    unseen_styles: list[Record]

    @classmethod
    def read(cls, photographs: Path, styles: Path) -> "Collection":
        """Split two folders.

        Args:
            photographs: a folder of pictures.
            styles: a folder as `training.data.scan` takes it.

        Raises:
            FileNotFoundError: one of them holds no picture.
        """
        seen: list[Record] = []
        unseen: list[Record] = []
        for record in scan_photographs(photographs):
            held_out = share(Path(record.path).name) < PHOTOGRAPHS_HELD_OUT
            (unseen if held_out else seen).append(record)
        paintings = split(scan(styles), [])
        return cls(
            seen,
            [record for record in paintings if record.split == "train"],
            unseen,
            [record for record in paintings if record.split == "test_artists"],
        )


class Pairs(Dataset[Item]):
    """Pair `i` depends on the seed and on `i` alone, so that training resumes at any step.

    Args:
        collection: where the pictures come from.
        size: side of both crops in pixels.
        count: how many pairs there are.
        seed: which.
    """

    def __init__(self, collection: Collection, size: int, count: int, seed: int = 0) -> None:
        self.collection = collection
        self.size = size
        self.count = count
        self.seed = seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Item:
        rng = np.random.default_rng((self.seed, index))
        photograph = self._crop(self.collection.photographs, rng)
        same = bool(rng.random() < IDENTITIES)
        style = photograph if same else self._crop(self.collection.styles, rng)
        return torch.from_numpy(photograph), torch.from_numpy(style), same

    def _crop(self, records: list[Record], rng: np.random.Generator) -> np.ndarray:
        """A random square of a random picture, mirrored every other time."""
        picture = load_picture(records[rng.integers(len(records))].path)
        height, width = picture.shape[:2]
        side = max(1, round(min(height, width) * rng.uniform(SMALLEST_CROP, 1)))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        crop = resize(picture[top : top + side, left : left + side], self.size, self.size)
        return (crop[:, ::-1] if rng.random() < 0.5 else crop).copy()


def square(picture: np.ndarray, size: int) -> np.ndarray:
    """The largest square in the middle of a picture, uint8 [size,size,3]."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(picture[top : top + side, left : left + side], size, size)
