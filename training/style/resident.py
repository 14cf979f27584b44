"""Training pictures that are decoded once and stay on the device.

A GPU takes thousands of crops a second, which two processor cores cannot decode. So every picture
is read once, kept as uint8, and cropped, mirrored and resized where it is.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from training.data import Record, load_picture
from training.style.pairs import Crop, Pairs, grey


class ResidentPictures:
    """Pictures on a device.

    Args:
        records: the pictures; they are read at once, by several threads.
        device: where they are kept, as uint8.
        threads: that read.

    Raises:
        OSError: a file is missing or no picture.
    """

    def __init__(self, records: Sequence[Record], device: torch.device, threads: int = 8) -> None:
        paths = sorted({record.path for record in records})

        def read(path: str) -> Tensor:
            return torch.from_numpy(load_picture(path).transpose(2, 0, 1).copy()).to(device)

        with ThreadPoolExecutor(threads) as pool:
            pictures = list(tqdm(pool.map(read, paths), "pictures", len(paths), mininterval=5))
        self.pictures = dict(zip(paths, pictures, strict=True))

    def cut(self, crop: Crop, size: int) -> Tensor:
        """A crop, uint8 [size,size,3], as `Crop.cut` but for the rounding of its resizing."""
        picture = self.pictures[crop.record.path]
        box = crop.box(*picture.shape[1:])
        part = picture[(slice(None), *box.slices)][None].float()
        part = F.interpolate(part, (size, size), mode="bicubic", antialias=True)[0]
        if crop.mirrored:
            part = part.flip(2)
        return part.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0)


def resident_batches(
    pairs: Pairs, pictures: ResidentPictures, indices: Sequence[Sequence[int]]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of pairs, made on the device.

    Args:
        pairs: says what each pair is.
        pictures: all that it may name.
        indices: of the pairs of each batch.

    Yields:
        Photographs and styles, uint8 [N,size,size,3]; whether they are the same, bool [N].
    """
    for some in indices:
        photographs, styles, same = [], [], []
        for index in some:
            plan = pairs.plan(index)
            photograph = pictures.cut(plan.photograph, pairs.size)
            style = photograph if plan.same else pictures.cut(plan.style, pairs.size)
            photographs.append(grey(photograph) if plan.grey else photograph)
            styles.append(grey(style) if plan.grey else style)
            same.append(plan.same)
        device = photographs[0].device
        yield torch.stack(photographs), torch.stack(styles), torch.tensor(same, device=device)
