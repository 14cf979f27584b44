"""Training pictures that are decoded once and stay on the device.

A GPU takes thousands of crops a second, which two processor cores cannot decode. So every picture
is read once, kept as uint8, and cropped and resized where it is.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from training.common.preprocessing import Box, resize
from training.data import Record, load_picture

REACH = 32
"""Times that CUDA's bicubic kernel shrinks at most: from about 47 on its shared memory is too small
for it. Longer ways begin with means."""


class ResidentPictures:
    """Pictures on a device.

    Args:
        records: the pictures; they are read at once, by several threads.
        device: where they are kept, as uint8.
        threads: that read.
        shorter: pictures whose shorter side has more pixels are shrunk to it; None keeps all.

    Raises:
        UserError: a file is missing or no picture.
    """

    def __init__(
        self,
        records: Sequence[Record],
        device: torch.device,
        threads: int = 8,
        shorter: int | None = None,
    ) -> None:
        paths = sorted({record.path for record in records})

        def read(path: str) -> Tensor:
            picture = load_picture(path)
            height, width = picture.shape[:2]
            if shorter and min(height, width) > shorter:
                scale = shorter / min(height, width)
                picture = resize(picture, round(width * scale), round(height * scale))
            return torch.from_numpy(picture.transpose(2, 0, 1).copy()).to(device)

        with ThreadPoolExecutor(threads) as pool:
            pictures = list(tqdm(pool.map(read, paths), "pictures", len(paths), mininterval=5))
        self.device = device
        self.pictures = dict(zip(paths, pictures, strict=True))

    def shape(self, record: Record) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        _, height, width = self.pictures[record.path].shape
        return height, width

    def cut(self, record: Record, box: Box, width: int, height: int) -> Tensor:
        """A part of a picture, resized as by `preprocessing.resize` but not yet rounded.

        Returns:
            float32 [3,height,width], about 0..255: a bicubic kernel overshoots.
        """
        part = self.pictures[record.path][(slice(None), *box.slices)][None].float()
        if part.shape[2:] == (height, width):
            return part[0]
        cell = [
            -(-length // (REACH * side))
            for length, side in ((box.height, height), (box.width, width))
        ]
        if max(cell) > 1:
            part = F.avg_pool2d(part, cell, ceil_mode=True)
        return F.interpolate(part, (height, width), mode="bicubic", antialias=True)[0]


def rounded(values: Tensor) -> Tensor:
    """Grey levels as whole numbers in 0..255, still float32."""
    return values.clamp(0, 255).round()
