"""The networks by whose feature maps pictures are optimized, and the layers of them in use."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from app import MODELS
from app.errors import UserError
from app.optimize.recipe import NETWORKS, OptimizeRecipe, Pooling
from app.translation import gettext as _
from training.common.shipped_files import TEXTURE_FILE
from training.networks.download import DownloadError
from training.networks.texture_encoder import load_texture_encoder
from training.networks.vgg import NAMES, load_features

DOWNLOAD = 548
"""Megabytes that VGG19 is downloaded with."""


class FeatureNetwork(Protocol):
    """A frozen network that computes feature maps."""

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
    """A feature network, in channels_last; cached.

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
    raise UserError(
        _("There is no network called {name}; choose one of {networks}.").format(
            name=name, networks=", ".join(NETWORKS)
        )
    )


def _texture_encoder(path: Path) -> nn.Module:
    try:
        return load_texture_encoder(path)[0]
    except FileNotFoundError as error:
        raise UserError(
            _(
                "The texture encoder is not installed: {path} is missing; download Deep"
                " Brush again, or choose VGG19."
            ).format(path=path)
        ) from error


def _vgg19(pooling: Pooling, report: Callable[[float], None] | None) -> nn.Module:
    try:
        return load_features(["imagenet"], pooling=pooling, edge="replicate", report=report)
    except DownloadError as error:
        reason = (
            _("what arrived is damaged; try again")
            if error.damaged
            else _("this machine cannot reach download.pytorch.org")
        )
        raise UserError(
            _(
                "VGG19 must be downloaded once ({megabytes} MB), and {reason}; the"
                " texture encoder needs no download."
            ).format(megabytes=DOWNLOAD, reason=reason)
        ) from error
    except OSError as error:
        raise UserError(
            _(
                "VGG19 must be kept on disk once ({megabytes} MB), which failed:"
                " {reason}; the texture encoder needs no download."
            ).format(megabytes=DOWNLOAD, reason=error.strerror)
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
            _(
                "VGG19 has no layer called {name}; its layers are {first}, {second},"
                " {third} and so on, up to {last}."
            ).format(name=name, first=NAMES[0], second=NAMES[1], third=NAMES[2], last=NAMES[-1])
        )
    kind, stage, position = name[:4], int(name[4]), NAMES.index(name) // 2

    def difference(other: str) -> tuple[int, int, bool]:
        away = abs(NAMES.index(other) // 2 - position)
        return abs(int(other[4]) - stage), away, not other.startswith(kind)

    return min(visible, key=difference)


@dataclass(frozen=True)
class Layers:
    """Weights of layers that the network has; each of the two sums to 1."""

    content: dict[str, float]
    style: dict[str, float]
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All that are wanted of the network."""
        return {*self.content, *self.style}


def fit_layers(recipe: OptimizeRecipe, visible: tuple[str, ...]) -> Layers:
    """Replace layers that a network lacks by the nearest ones it has, and say so.

    Raises:
        UserError: the recipe names no layer, or weighs one negatively.
    """
    missing: dict[str, str] = {}
    for weights in (recipe.content, recipe.style):
        if min(weights.values(), default=0) < 0 or sum(weights.values()) <= 0:
            raise UserError(_("Choose at least one content layer and one style layer to weigh."))
    content = _fitted(recipe.content, visible, missing)
    style = _fitted(recipe.style, visible, missing)
    notices = tuple(
        _("This network has no {name}; {taken} takes its place.").format(name=name, taken=taken)
        for name, taken in missing.items()
    )
    return Layers(content, style, notices)


def _fitted(
    weights: Mapping[str, float],
    visible: tuple[str, ...],
    missing: dict[str, str],
) -> dict[str, float]:
    fitted: dict[str, float] = {}
    for name, weight in weights.items():
        if weight == 0:
            continue
        taken = name if name in visible else nearest(name, visible)
        if taken != name:
            missing[name] = taken
        fitted[taken] = fitted.get(taken, 0.0) + weight / sum(weights.values())
    return fitted
