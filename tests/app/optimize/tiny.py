"""A small random network and pictures to paint with it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

NAMES = tuple(f"relu{stage}_1" for stage in range(1, 6))


class Tiny(nn.Module):
    """VGG19's stages with few maps and random weights; smooth, so that gradients can be checked."""

    visible = NAMES

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.seen = []
        inputs = 3
        self.convolutions = nn.ModuleDict()
        for index, name in enumerate(NAMES):
            width = 4 + 2 * index
            layer = nn.Conv2d(inputs, width, 3, padding=1)
            kernel = torch.randn(layer.weight.shape, generator=generator)
            layer.weight.data = kernel * (2 / (9 * inputs)) ** 0.5
            layer.bias.data.fill_(0.1)
            self.convolutions[name] = layer
            inputs = width
        self.requires_grad_(False)

    def forward(self, x, wanted):
        self.seen.append(tuple(x.shape[:1:-1]))
        maps = {}
        for name in NAMES:
            if x.shape[-1] and name != NAMES[0]:
                x = F.avg_pool2d(x, 2)
            x = F.softplus(self.convolutions[name](x), beta=4)
            if name in wanted:
                maps[name] = x
        return maps


def photograph(width=64, height=48):
    """A gradient with a dark square."""
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([rows * 4, columns * 3, (rows + columns) * 2], 2) % 256
    picture[height // 4 : height // 2, width // 4 : width // 2] = 30
    return picture.astype(np.uint8)


def painting(width=80, height=60, seed=1):
    """Coarse coloured patches."""
    patches = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    return patches.repeat(4, 0).repeat(4, 1)
