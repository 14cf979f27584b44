"""Photographs and the paintings to paint them like, as endless training batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from training.common.preprocessing import Box, resize
from training.data import Record, load_picture, read_splits, scan, scan_photographs, share, split
from training.networks.style_transfer import LUMINANCE
from training.run.resident import ResidentPictures, rounded

PHOTOGRAPHS_HELD_OUT = 0.05

IDENTITIES = 1 / 16
"""Share of the pairs whose style is the photograph itself, which must come back unchanged."""

GREYS = 1 / 32
"""Share of the pairs of which both pictures are made grey."""

PHOTOGRAPH_CROPS, PAINTING_CROPS, PRESET_CROPS = (0.5, 1.0), (0.75, 1.0), (0.4, 1.0)
"""Smallest and largest side of a crop, as a fraction of the shorter side."""

Item = tuple[Tensor, Tensor, bool]
"""Photograph and style, uint8 [size,size,3]; whether they are the same."""


@dataclass(frozen=True)
class Collection:
    """Pictures to train with, and those kept for validation and tests.

    Attributes:
        photographs: to paint.
        styles: to paint like.
        presets: large pictures to paint like, which are wanted more often than others.
        unseen_photographs: no part of training.
        unseen_styles: by artists of whom nothing is in training.
    """

    photographs: list[Record]
    styles: list[Record]
    unseen_photographs: list[Record]
    unseen_styles: list[Record]
    presets: list[Record]

    @classmethod
    def read(
        cls,
        photographs: Path,
        styles: Path | list[Path],
        splits: Path | None = None,
        presets: Path | None = None,
    ) -> "Collection":
        """Split folders into what is seen in training and what is not.

        Args:
            photographs: a folder of pictures.
            styles: folders as `training.data.scan` takes them.
            splits: a CSV that says which paintings are held out; see `training.data.read_splits`.
            presets: a folder of pictures, all of which are trained with.

        Raises:
            UserError: one of them holds no picture.
        """
        seen: list[Record] = []
        unseen: list[Record] = []
        for record in scan_photographs(photographs):
            held_out = share(Path(record.path).name) < PHOTOGRAPHS_HELD_OUT
            (unseen if held_out else seen).append(record)
        folders = styles if isinstance(styles, list) else [styles]
        named = read_splits(splits) if splits else None
        paintings = [r for folder in folders for r in split(scan(folder), [], named=named)]
        return cls(
            seen,
            [record for record in paintings if record.split == "train"],
            unseen,
            [record for record in paintings if record.split == "test_artists"],
            scan_photographs(presets) if presets else [],
        )


@dataclass(frozen=True)
class Crop:
    """A square of a picture, chosen before the picture is read.

    Attributes:
        record: which picture.
        side: as a fraction of the shorter side.
        top: place as a fraction of what is left of the height.
        left: likewise.
        mirrored: left and right change places.
    """

    record: Record
    side: float
    top: float
    left: float
    mirrored: bool

    def box(self, height: int, width: int) -> Box:
        """Where it lies in the picture."""
        side = max(1, round(min(height, width) * self.side))
        top, left = round(self.top * (height - side)), round(self.left * (width - side))
        return Box(left, top, side, side)

    def cut(self, size: int) -> np.ndarray:
        """Read it from the file, uint8 RGB [size,size,3].

        Raises:
            UserError: the file is missing or no picture.
        """
        picture = load_picture(self.record.path)
        crop = resize(picture[self.box(*picture.shape[:2]).slices], size, size)
        return crop[:, ::-1] if self.mirrored else crop


@dataclass(frozen=True)
class Plan:
    """What a pair is made of; `same` pairs have one crop twice, `grey` ones lose their colours."""

    photograph: Crop
    style: Crop
    same: bool
    grey: bool


class Pairs(Dataset[Item]):
    """Pair `i` depends on the seed and on `i` alone, so that training resumes at any step.

    Args:
        collection: where the pictures come from.
        size: side of both crops in pixels.
        count: how many pairs there are.
        seed: which.
        together: so many neighbours, from a multiple of it on, have one photograph.
        preset_share: share of the styles that are presets, if there are any.
    """

    def __init__(
        self,
        collection: Collection,
        size: int,
        count: int,
        seed: int = 0,
        *,
        together: int = 1,
        preset_share: float = 0.0,
    ) -> None:
        self.collection = collection
        self.size = size
        self.count = count
        self.seed = seed
        self.together = together
        self.preset_share = preset_share if collection.presets else 0.0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Item:
        plan = self.plan(index)
        photograph = plan.photograph.cut(self.size)
        style = photograph if plan.same else plan.style.cut(self.size)
        pair = [torch.from_numpy(each.copy()) for each in (photograph, style)]
        if plan.grey:
            pair = [grey(each) for each in pair]
        return pair[0], pair[1], plan.same

    def plan(self, index: int) -> Plan:
        """Choose a pair without reading it."""
        first = index // self.together
        photograph = _choose(
            self.collection.photographs,
            PHOTOGRAPH_CROPS,
            np.random.default_rng((self.seed, 0, first)),
        )
        rng = np.random.default_rng((self.seed, 1, index))
        same, is_grey = bool(rng.random() < IDENTITIES), bool(rng.random() < GREYS)
        if rng.random() < self.preset_share:
            style = _choose(self.collection.presets, PRESET_CROPS, rng)
        else:
            style = _choose(self.collection.styles, PAINTING_CROPS, rng)
        return Plan(photograph, photograph if same else style, same, is_grey)


def _choose(records: list[Record], sides: tuple[float, float], rng: np.random.Generator) -> Crop:
    low, high = sides
    side = low * (high / low) ** rng.random()
    record = records[rng.integers(len(records))]
    return Crop(record, side, rng.random(), rng.random(), bool(rng.random() < 0.5))


def grey(picture: Tensor) -> Tensor:
    """A picture without its colours, uint8 [H,W,3] both."""
    weights = torch.tensor(LUMINANCE, device=picture.device)
    luminance = (picture.float() * weights).sum(-1, keepdim=True).round().to(torch.uint8)
    return luminance.expand(-1, -1, 3)


def square(picture: np.ndarray, size: int) -> np.ndarray:
    """The largest square in the middle of a picture, uint8 [size,size,3]."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(picture[top : top + side, left : left + side], size, size)


def cut(pictures: ResidentPictures, crop: Crop, size: int) -> Tensor:
    """A crop, uint8 [size,size,3], as `Crop.cut` but for the rounding of its resizing."""
    box = crop.box(*pictures.shape(crop.record))
    part = rounded(pictures.cut(crop.record, box, size, size))
    if crop.mirrored:
        part = part.flip(2)
    return part.to(torch.uint8).permute(1, 2, 0)


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
            photograph = cut(pictures, plan.photograph, pairs.size)
            style = photograph if plan.same else cut(pictures, plan.style, pairs.size)
            photographs.append(grey(photograph) if plan.grey else photograph)
            styles.append(grey(style) if plan.grey else style)
            same.append(plan.same)
        device = photographs[0].device
        yield torch.stack(photographs), torch.stack(styles), torch.tensor(same, device=device)
