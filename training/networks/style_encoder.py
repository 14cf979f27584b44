"""A painting's style as one vector.

The encoder says of a painting what style losses measure: mean and deviation of feature maps at
several depths (Huang et al. 2017), condensed into one vector.
"""

import torch
from torch import Tensor, nn

STYLE_CHANNELS = 256
"""Length of a style vector."""

EPSILON = 1e-4
"""Keeps flat maps from being divided by zero."""

STAGES = (32, 64, 128, 192, 256)
"""Widths of the style encoder's stages, each at half the resolution of the one before."""


def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that pads by reflection and halves, with stride 2, odd lengths rounding up."""
    return nn.Conv2d(
        inputs,
        outputs,
        size,
        stride,
        padding=size // 2,
        padding_mode="reflect" if size > 1 else "zeros",
    )


class StyleEncoder(nn.Module):
    """Style picture to style vector."""

    def __init__(self) -> None:
        super().__init__()
        stages, inputs = [], 3
        for width in STAGES:
            layers = [convolution(inputs, width, 3, 2), nn.ReLU(), convolution(width, width, 3)]
            stages.append(nn.Sequential(*layers, nn.ReLU()))
            inputs = width
        self.stages = nn.ModuleList(stages)
        statistics = 2 * sum(STAGES)
        self.norm = nn.LayerNorm(statistics)
        self.condense = nn.Sequential(
            nn.Linear(statistics, 512), nn.ReLU(), nn.Linear(512, STYLE_CHANNELS)
        )

    def forward(self, image: Tensor) -> Tensor:
        """RGB float32 in [0,1] [N,3,H,W], at least 64 pixels each way -> [N,STYLE_CHANNELS]."""
        x, statistics = image, []
        for stage in self.stages:
            x = stage(x)
            mean, deviation = moments(x)
            statistics += [mean, deviation]
        return self.condense(self.norm(torch.cat(statistics, 1)))


def moments(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each map, [N,C,H,W] -> float32 [N,C] twice."""
    maps = maps.float()
    mean = maps.mean((2, 3))
    variance = (maps * maps).mean((2, 3)) - mean * mean
    return mean, (variance.clamp(min=0) + EPSILON).sqrt()
