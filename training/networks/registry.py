"""Every architecture that `--network` knows."""

from collections.abc import Callable

from torch import nn

from training.movements import MOVEMENTS
from training.networks.classifier import MovementNetwork
from training.networks.densenet import densenet121_trunk
from training.networks.resnet import resnet18_trunk, resnet50_trunk
from training.networks.small_cnn import small_cnn_trunk
from training.networks.vit import CHANNELS as VIT_CHANNELS
from training.networks.vit import vit_tiny_trunk

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "densenet121": (densenet121_trunk, 1024),
    "resnet18": (resnet18_trunk, 512),
    "resnet50": (resnet50_trunk, 2048),
    "small_cnn": (small_cnn_trunk, 256),
    "vit_tiny": (vit_tiny_trunk, VIT_CHANNELS),
}
"""Name -> (trunk, channels of its last feature map)."""


def build(name: str, classes: int = len(MOVEMENTS)) -> MovementNetwork:
    """A movement classifier with freshly initialised weights.

    Raises:
        ValueError: no architecture has that name.
    """
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; choose one of {', '.join(NETWORKS)}")
    trunk, channels = NETWORKS[name]
    return MovementNetwork(trunk(), channels, classes)
