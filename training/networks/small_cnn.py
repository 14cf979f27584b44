"""A convolutional network small enough to read at a glance and to train in minutes on a laptop."""

from itertools import pairwise

from torch import nn


def small_cnn_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the last feature map [N,256,H/32,W/32]."""
    widths = (3, 32, 64, 128, 192, 256)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)
