"""Every architecture that `--network` knows."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from torch import nn

from training.common.movements import MOVEMENTS
from training.common.preprocessing import MEAN, STD, Colour
from training.networks import efficientnet_lite2 as lite2
from training.networks.classifier import MovementNetwork
from training.networks.densenet import densenet121_trunk
from training.networks.resnet import resnet18_trunk, resnet50_trunk
from training.networks.vit import CHANNELS as VIT_CHANNELS
from training.networks.vit import vit_tiny_trunk


class Architecture(NamedTuple):
    """A trunk, the channels of its last feature map, and the scale of its input: see `build`."""

    trunk: Callable[[], nn.Module]
    channels: int
    mean: Colour = MEAN
    std: Colour = STD


def small_cnn_trunk() -> nn.Sequential:
    """A small network that trains in minutes on a laptop.

    Image, float32 normalised [N,3,H,W], to the last feature map [N,256,H/32,W/32].
    """
    widths = (3, 32, 64, 128, 192, 256)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


NETWORKS = {
    "densenet121": Architecture(densenet121_trunk, 1024),
    "efficientnet_lite2": Architecture(
        lite2.efficientnet_lite2_trunk, lite2.CHANNELS, lite2.MEAN, lite2.STD
    ),
    "resnet18": Architecture(resnet18_trunk, 512),
    "resnet50": Architecture(resnet50_trunk, 2048),
    "small_cnn": Architecture(small_cnn_trunk, 256),
    "vit_tiny": Architecture(vit_tiny_trunk, VIT_CHANNELS),
}
"""By name."""


def build(name: str, classes: int = len(MOVEMENTS)) -> MovementNetwork:
    """A movement classifier with freshly initialised weights.

    Raises:
        ValueError: no architecture has that name.
    """
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; choose one of {', '.join(NETWORKS)}")
    trunk, channels, mean, std = NETWORKS[name]
    return MovementNetwork(trunk(), channels, classes, mean=mean, std=std)
