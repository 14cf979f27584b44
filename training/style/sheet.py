"""A contact sheet: photographs down the side, unseen styles along the top."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from training.data import Record, load_picture
from training.networks import unit_range
from training.networks.style_transfer import StyleEncoder, Stylizer
from training.style.pairs import square

GAP = 6


def squares(records: Sequence[Record], size: int) -> Tensor:
    """The middles of some pictures, RGB float32 in [0,1] [N,3,size,size]."""
    cut = [square(load_picture(record.path), size) for record in records]
    return unit_range(torch.from_numpy(np.stack(cut)))


@torch.inference_mode()
def sheet(
    encoder: StyleEncoder, stylizer: Stylizer, photographs: Tensor, styles: Tensor
) -> np.ndarray:
    """Every photograph in every style.

    Args:
        encoder: in evaluation mode.
        stylizer: likewise.
        photographs: RGB float32 in [0,1] [P,3,S,S].
        styles: likewise [Q,3,S,S].

    Returns:
        uint8 RGB: a grid of (P+1) x (Q+1) squares, the first row styles, the first column
        photographs.
    """
    vectors = encoder(styles)
    rows = [torch.cat([torch.ones_like(styles[:1]), styles])]
    for photograph in photographs:
        batch = photograph.expand(len(vectors), -1, -1, -1)
        rows.append(torch.cat([photograph[None], stylizer(batch, vectors)[0]]))
    lines = [np.concatenate([framed(to_pixels(cell)) for cell in row], 1) for row in rows]
    return np.concatenate(lines)


def spread(records: Sequence[Record], count: int) -> list[Record]:
    """Some records at equal distances, always the same ones."""
    return [records[i * len(records) // count] for i in range(min(count, len(records)))]


def to_pixels(image: Tensor) -> np.ndarray:
    """RGB float32 in [0,1] [3,H,W] -> uint8 [H,W,3]."""
    pixels: np.ndarray = image.mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    return pixels


def framed(cell: np.ndarray) -> np.ndarray:
    """A picture with a white line at its right and lower edge, to be set beside others."""
    return np.pad(cell, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)
