"""The pictures that a run may start from."""

import numpy as np
import torch
from torch import Tensor

from app.optimize.pyramid import Size
from app.optimize.spec import OptimizationSpec
from app.optimize.tensors import to_tensor
from training.common.preprocessing import resize

NOISE = 0.15
"""Standard deviation of noise about middle grey: wilder noise takes many steps to calm down."""


def initial_image(spec: OptimizationSpec, size: Size, device: torch.device) -> Tensor:
    """What a run of this width and height starts from, RGB float32 [1,3,H,W] in [0,1]."""
    width, height = size
    kind = spec.recipe.start
    if kind == "noise":
        # On the CPU, whose numbers are the same on every machine.
        generator = torch.Generator().manual_seed(spec.seed)
        noise = torch.randn((1, 3, height, width), generator=generator)
        return (0.5 + NOISE * noise).clamp_(0, 1).to(device)
    picture = spec.content
    style = spec.styles[0].picture
    if kind == "style" and style is not None:
        picture = cover(style, width, height)
    elif kind == "picture" and spec.start is not None:
        picture = spec.start
    return to_tensor(resize(picture, width, height), device)


def cover(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of uint8 RGB [H,W,3], as much as has the shape of this width and height."""
    rows, columns = picture.shape[:2]
    wide = min(columns, max(1, round(rows * width / height)))
    high = min(rows, max(1, round(columns * height / width)))
    top, left = (rows - high) // 2, (columns - wide) // 2
    return picture[top : top + high, left : left + wide]
