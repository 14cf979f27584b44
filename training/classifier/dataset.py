"""Pictures as training batches."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from training.classifier.augmentation import Augmentation, View
from training.common.preprocessing import letterbox, six_views
from training.data import Record, load_picture

Item = tuple[Tensor, int, int]
"""Image uint8 [size,size,3]; index of the movement or -1; index of the kind."""


class Views(Dataset[Item]):
    """One view a picture; which one depends on seed, epoch and position alone.

    Args:
        records: the pictures.
        size: side of the view in pixels.
        augmentation: ranges for random views; None shows the whole picture, letterboxed.
        six: show the whole and five crops in turn, one an epoch, instead of random views.
        seed: of the random views.
    """

    def __init__(
        self,
        records: list[Record],
        size: int,
        augmentation: Augmentation | None = None,
        *,
        six: bool = False,
        seed: int = 0,
    ) -> None:
        self.records = records
        self.size = size
        self.augmentation = augmentation
        self.six = six
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Item:
        record = self.records[index]
        view = self._view(load_picture(record.path), index)
        return torch.from_numpy(np.ascontiguousarray(view)), record.label, record.kind

    def _view(self, picture: np.ndarray, index: int) -> np.ndarray:
        if self.six:
            views, _ = six_views(picture, self.size, crop_side=self.size)
            return views[(self.epoch + index) % len(views)]
        if self.augmentation is None:
            return letterbox(picture, self.size)[0]
        return self.draw(index, *picture.shape[:2]).of(picture, self.size)

    def draw(self, index: int, height: int, width: int) -> View:
        """Choose the random view of a picture of this height and width."""
        assert self.augmentation is not None
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return self.augmentation.draw(height, width, self.size, rng)


class SixViews(Dataset[Item]):
    """All six views of a picture at once: uint8 [6,size,size,3], as the app sees it."""

    def __init__(self, records: list[Record], size: int) -> None:
        self.records = records
        self.size = size

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Item:
        record = self.records[index]
        views, _ = six_views(load_picture(record.path), self.size)
        return torch.from_numpy(views), record.label, record.kind
