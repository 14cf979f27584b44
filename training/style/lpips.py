"""LPIPS: how different two pictures look to people (Zhang et al. 2018), version 0.1, SqueezeNet."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

MEAN, STD = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""LPIPS's own normalisation, of pictures in [-1,1]."""

SEEN = (1, 4, 7, 9, 10, 11, 12)
"""Positions after which the maps are compared: the first ReLU, and fire3, 5, 6, 7, 8 and 9."""

POOLS = (2, 5, 8)


class Lpips(nn.Module):
    """The distance; frozen.

    Args:
        squeezenet: safetensors of SqueezeNet 1.1 with torchvision's key names.
        linear: safetensors of `lin0` ... `lin6`, LPIPS v0.1 for SqueezeNet.
    """

    def __init__(self, squeezenet: Path, linear: Path) -> None:
        super().__init__()
        state = {key: value.float() for key, value in load_file(squeezenet).items()}
        weights = load_file(linear)
        for key, value in state.items():
            self.register_buffer(key.replace(".", "_"), value)
        for i in range(len(SEEN)):
            self.register_buffer(f"linear{i}", weights[f"lin{i}.model.1.weight"].float())

    @torch.no_grad()
    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Distances of two batches of pictures, RGB float32 in [0,1] [N,3,H,W] -> [N]."""
        total = first.new_zeros(len(first))
        for i, (ours, theirs) in enumerate(zip(self._maps(first), self._maps(second), strict=True)):
            squared = (_unit(ours) - _unit(theirs)).square()
            weighed = F.conv2d(squared, self.get_buffer(f"linear{i}"))
            total = total + weighed.mean((1, 2, 3))
        return total

    def _maps(self, image: Tensor) -> list[Tensor]:
        mean, std = (torch.tensor(v, device=image.device).view(1, 3, 1, 1) for v in (MEAN, STD))
        x, maps = (image * 2 - 1 - mean) / std, []
        x = F.relu(self._convolve(x, "features_0", stride=2))
        maps.append(x)
        for position in range(2, 13):
            if position in POOLS:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            else:
                x = self._fire(x, f"features_{position}")
            if position in SEEN:
                maps.append(x)
        return maps

    def _fire(self, x: Tensor, name: str) -> Tensor:
        x = F.relu(self._convolve(x, f"{name}_squeeze"))
        wide = self._convolve(x, f"{name}_expand3x3", padding=1)
        return F.relu(torch.cat([self._convolve(x, f"{name}_expand1x1"), wide], 1))

    def _convolve(self, x: Tensor, name: str, stride: int = 1, padding: int = 0) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias")
        return F.conv2d(x, weight, bias, stride, padding)


def _unit(maps: Tensor) -> Tensor:
    return maps / (maps.square().sum(1, keepdim=True).sqrt() + 1e-10)
