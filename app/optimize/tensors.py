"""Between pictures, uint8 RGB [H,W,3], and tensors, RGB float32 in [0,1] [1,3,H,W].

Also the pictures that a run starts from, and those that it shows.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.optimize.budget import Size
from app.optimize.spec import OptimizationSpec
from app.postprocess import postprocess
from app.serving.masks import fit_mask
from training.common.preprocessing import resize


def to_tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """A picture as a tensor, in channels_last."""
    pixels = torch.tensor(np.ascontiguousarray(picture), device=device)  # a copy: it may be locked
    return pixels.permute(2, 0, 1)[None].float() / 255


def to_picture(tensor: Tensor) -> np.ndarray:
    """A tensor as a picture, rounded to whole grey levels."""
    levels = (tensor.detach()[0].clamp(0, 1) * 255).round_().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())


def resized(tensor: Tensor, height: int, width: int) -> Tensor:
    """Enlarge or shrink [N,C,h,w] to [N,C,height,width], bicubic, without aliases."""
    if tensor.shape[2:] == (height, width):
        return tensor
    return F.interpolate(tensor, (height, width), mode="bicubic", antialias=True)


def weight_map(mask: np.ndarray, height: int, width: int, device: torch.device) -> Tensor:
    """How much each position counts by a mask, uint8 [h,w] of any size: float32 [1,1,H,W]."""
    fitted = torch.tensor(fit_mask(mask, width, height), device=device)
    return fitted[None, None].float() / 255


def shrunk(where: Tensor, height: int, width: int) -> Tensor:
    """`weight_map` for a layer's maps: shrunk by averaging, and scaled to a mean of 1."""
    small = F.adaptive_avg_pool2d(where, (height, width))
    return small / small.mean().clamp(min=1e-8)


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


class FinishedPicture:
    """Turns iterates into pictures for people: of any size, with colours and mask.

    Args:
        spec: whose colours, content and mask are used.
    """

    def __init__(self, spec: OptimizationSpec) -> None:
        self.spec = spec
        self.content = spec.content
        self.is_plain = spec.mask is None and spec.colours == "style"

    def __call__(self, painted: Tensor, size: Size) -> np.ndarray:
        """RGB float32 [1,3,h,w] in [0,1] -> uint8 RGB [H,W,3] of this width and height."""
        width, height = size
        picture = to_picture(resized(painted, height, width))
        if self.is_plain:
            return picture
        if self.content.shape != picture.shape:  # Kept, as many previews have the same size.
            self.content = resize(self.spec.content, width, height)
        return postprocess(picture, self.content, self.spec.colours, self.spec.mask)
