"""Networks by name, and their weights on disk."""

from training.networks.classifier import MovementNetwork, Outputs, unit_range
from training.networks.registry import NETWORKS, build
from training.networks.weights import load, measured, save, target, unmeasured

__all__ = [
    "NETWORKS",
    "MovementNetwork",
    "Outputs",
    "build",
    "load",
    "measured",
    "save",
    "target",
    "unit_range",
    "unmeasured",
]
