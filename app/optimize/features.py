"""The networks that pictures are optimised by, ready to use."""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from app import MODELS
from app.errors import UserError
from app.optimize.recipe import NETWORKS, Pooling
from training.networks.download import DownloadError
from training.networks.texture_encoder import load_texture_encoder
from training.networks.vgg import NAMES, load_features
from training.style.shipped_files import TEXTURE_FILE

DOWNLOAD = 548
"""Megabytes that VGG19 is downloaded with."""


class FeatureNetwork(Protocol):
    """Frozen, and sees pictures as feature maps."""

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the feature maps it can give, VGG19's, in order."""

    def __call__(self, image: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> float maps [N,C,h,w] by name."""


_ready: dict[tuple[Any, ...], FeatureNetwork] = {}
_loading = Lock()


def load_network(
    name: str,
    device: torch.device,
    *,
    folder: Path = MODELS,
    pooling: Pooling = "average",
    report: Callable[[float], None] | None = None,
) -> FeatureNetwork:
    """A feature network, in channels_last; the same one every time.

    Args:
        name: one of NETWORKS.
        device: where it shall be.
        folder: where the shipped networks are.
        pooling: for VGG19; the texture encoder has been trained with its own.
        report: told how VGG19's download goes on, 0 to 1; it is downloaded only once.

    Raises:
        UserError: there is no such network, its file is damaged, or it could not be downloaded.
    """
    key = (name, device, folder) if name == "texture" else (name, device, pooling)
    with _loading:
        if key not in _ready:
            network = _load(name, folder, pooling, report).eval().requires_grad_(False)
            _ready[key] = network.to(device, memory_format=torch.channels_last)
        return _ready[key]


def _load(name: str, folder: Path, pooling: Pooling, report: Callable[[float], None] | None) -> Any:
    if name == "texture":
        return _texture_encoder(folder / TEXTURE_FILE)
    if name == "vgg19":
        return _vgg19(pooling, report)
    raise UserError(f"There is no network called {name}; choose one of {', '.join(NETWORKS)}.")


def _texture_encoder(path: Path) -> nn.Module:
    try:
        return load_texture_encoder(path)[0]
    except FileNotFoundError as error:
        raise UserError(
            f"The texture encoder is not installed: {path} is missing; "
            "download Deep Brush again, or choose VGG19."
        ) from error


def _vgg19(pooling: Pooling, report: Callable[[float], None] | None) -> nn.Module:
    try:
        return load_features(["imagenet"], pooling=pooling, edge="replicate", report=report)
    except DownloadError as error:
        reason = (
            "what arrived is damaged; try again"
            if error.damaged
            else "this machine cannot reach download.pytorch.org"
        )
        raise UserError(
            f"VGG19 must be downloaded once ({DOWNLOAD} MB), and {reason}; "
            "the texture encoder needs no download."
        ) from error
    except OSError as error:
        raise UserError(
            f"VGG19 must be kept on disk once ({DOWNLOAD} MB), which failed: {error.strerror}; "
            "the texture encoder needs no download."
        ) from error


def nearest(name: str, visible: Iterable[str]) -> str:
    """The layer that is most like another one: of the same stage if there is any.

    Args:
        name: one of VGG19's layers, such as `conv4_2`.
        visible: the layers to choose from, by VGG19's names, at least one.

    Raises:
        UserError: VGG19 has no such layer.
    """
    if name not in NAMES:
        raise UserError(
            f"VGG19 has no layer called {name}; its layers are {NAMES[0]}, {NAMES[1]}, "
            f"{NAMES[2]} and so on, up to {NAMES[-1]}."
        )
    kind, stage, position = name[:4], int(name[4]), NAMES.index(name) // 2

    def difference(other: str) -> tuple[int, int, bool]:
        away = abs(NAMES.index(other) // 2 - position)
        return abs(int(other[4]) - stage), away, not other.startswith(kind)

    return min(visible, key=difference)
