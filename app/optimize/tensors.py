"""Between pictures, uint8 RGB [H,W,3], and tensors, RGB float32 in [0,1] [1,3,H,W]."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.serving.masks import fit_mask


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
