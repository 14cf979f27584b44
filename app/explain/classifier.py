"""The movement classifier in PyTorch, for what needs its gradients."""

import functools
from pathlib import Path

import torch

from app import MODELS
from app.errors import UserError
from app.translation import gettext as _
from training.networks import MovementNetwork, load


@functools.cache
def load_classifier(
    device: torch.device, path: Path = MODELS / "movement_classifier.onnx"
) -> MovementNetwork:
    """Exactly the network that is served, frozen, in evaluation mode and channels_last.

    Args:
        device: where it shall be.
        path: the ONNX file whose weights it takes.

    Returns:
        The network, cached: do not change it. Its `normalise` takes uint8 [N,H,W,3].

    Raises:
        UserError: the file is missing.
    """
    try:
        network = load(path)[0]
    except FileNotFoundError as error:
        reason = _("The network {path} is missing; fetch the whole repository.")
        raise UserError(reason.format(path=path)) from error
    network.requires_grad_(False)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
