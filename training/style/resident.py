"""Pairs of training pictures, made on the device where the pictures are."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from training.classifier.resident import ResidentPictures, rounded
from training.style.pairs import Crop, Pairs, grey


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
