"""VGG19's feature maps, which style transfer measures pictures by (Simonyan and Zisserman 2015).

Where the weights come from decides which layers there are, and a file's keys say what it is:

- exact weights, `conv1_1.weight` ... as far as the file goes, for BGR pictures less ImageNet's mean
  (Oxford's own layout, as Keras ships it);
- a distilled VGG19 of a quarter of the widths (Wang et al., "Collaborative Distillation", 2020),
  whose 1x1 `aux` convolutions map five layers back to VGG19's channels;
- torchvision's weights, downloaded and checked.

A layer is called `relu4_2`, or `conv4_2` for what its convolution gives before the ReLU.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from training.common.preprocessing import MEAN, STD
from training.networks.download import Report, fetch

LAYERS = tuple(f"relu{b}_{i}" for b, n in enumerate((2, 2, 4, 4, 4), 1) for i in range(1, n + 1))
"""All feature maps of VGG19 that follow a ReLU, in order."""


def _before(layer: str) -> str:
    """What the map is called that a layer's ReLU takes."""
    return layer.replace("relu", "conv")


NAMES = tuple(name for layer in LAYERS for name in (_before(layer), layer))
"""All feature maps of VGG19, before their ReLU and after it, in order."""

IMAGENET = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
"""torchvision's weights; the name ends in the first digits of the file's SHA-256."""

Padding = Literal["zeros", "reflect", "replicate"]

Pooling = Literal["max", "average"]
"""How maps are halved between two stages: as VGG19 was trained, or as Gatys et al. (2016) suggest,
who found averages to look slightly better."""

Network = Callable[[Tensor, Iterable[str]], dict[str, Tensor]]
"""What sees pictures, RGB float in [0,1] [N,3,H,W], as maps [N,C,h,w] by name."""

OXFORD_MEAN_BGR = (103.939, 116.779, 123.68)


class VGG(nn.Module):
    """Frozen convolutions of a VGG, from the first to the deepest that there are weights for.

    Args:
        kernels: weight and bias of each convolution, in order.
        padding: of all convolutions; "zeros", as VGG19 was trained, or another.
        aux: weight and bias of the 1x1 convolution, if any, that a layer is seen through.
        pooling: between two stages.
        edge: padding of the first convolution, where it differs: zeros are a frame round the
            picture, which an optimisation paints along.
    """

    def __init__(
        self,
        kernels: Sequence[tuple[Tensor, Tensor]],
        padding: Padding = "zeros",
        aux: dict[str, tuple[Tensor, Tensor]] | None = None,
        pooling: Pooling = "max",
        edge: Padding | None = None,
    ) -> None:
        super().__init__()
        self.layers = LAYERS[: len(kernels)]
        self.pool = F.max_pool2d if pooling == "max" else F.avg_pool2d
        self.convolutions = nn.ModuleDict()
        for name, (weight, bias) in zip(self.layers, kernels, strict=True):
            own = padding if self.convolutions else edge or padding
            self.convolutions[name] = _convolution(weight, bias, own)
        self.aux = nn.ModuleDict()
        for name, (weight, bias) in (aux or {}).items():
            self.aux[name] = _convolution(weight, bias, "zeros")
        self.requires_grad_(False)

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the feature maps it can give."""
        return tuple(self.aux) or NAMES[: 2 * len(self.layers)]

    def forward(self, x: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """Preprocessed pictures [N,3,H,W] -> feature maps by name, each [N,C,h,w]."""
        missing = set(wanted)
        maps: dict[str, Tensor] = {}
        for name in self.layers:
            if not missing:
                break
            if name.endswith("_1") and name != "relu1_1":
                x = self.pool(x, 2)
            linear = self.convolutions[name](x)
            x = F.relu(linear)
            if name in missing:
                maps[name] = F.relu(self.aux[name](x)) if self.aux else x
            if (before := _before(name)) in missing:
                maps[before] = linear
            missing -= {name, before}
        return maps


def _convolution(weight: Tensor, bias: Tensor, padding: Padding) -> nn.Conv2d:
    outputs, inputs, size, _ = weight.shape
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode=padding)
    layer.load_state_dict({"weight": weight.float(), "bias": bias.float()})
    return layer


class ExactVGG(VGG):
    """VGG19 as Oxford published it; sees RGB in [0,1]."""

    def forward(self, x: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> feature maps by name."""
        mean = torch.tensor(OXFORD_MEAN_BGR, device=x.device).view(1, 3, 1, 1)
        return super().forward(x.flip(1) * 255 - mean, wanted)


class TorchvisionVGG(VGG):
    """VGG19 as torchvision trained it; sees RGB in [0,1]."""

    def forward(self, x: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> feature maps by name."""
        mean, std = (
            torch.tensor(values, device=x.device).view(1, 3, 1, 1) for values in (MEAN, STD)
        )
        return super().forward((x - mean) / std, wanted)


class DistilledVGG(VGG):
    """VGG19 distilled to a sixteenth of its size; sees RGB in [0,1].

    Args:
        state: the file's weights.
        narrow: give its own maps, of a quarter of VGG19's widths, and not VGG19's.
        pooling: see VGG.
        edge: see VGG.
    """

    def __init__(
        self,
        state: dict[str, Tensor],
        narrow: bool = False,
        pooling: Pooling = "max",
        edge: Padding | None = None,
    ) -> None:
        names = [_before(layer).replace("_", "") for layer in LAYERS]
        kernels = [
            (state[f"{n}.weight"], state[f"{n}.bias"]) for n in names if f"{n}.weight" in state
        ]
        aux = {
            layer: (state[f"{name}_aux.weight"], state[f"{name}_aux.bias"])
            for layer, name in zip(LAYERS, names, strict=True)
            if f"{name}_aux.weight" in state and not narrow
        }
        super().__init__(kernels, "reflect", aux, pooling, edge)
        self.preprocess = _convolution(state["conv0.weight"], state["conv0.bias"], "zeros")
        self.preprocess.requires_grad_(False)

    def forward(self, x: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> feature maps by name."""
        return super().forward(self.preprocess(x), wanted)


class Features(nn.Module):
    """Feature maps by name, each from the first of several networks that has it."""

    def __init__(self, networks: Sequence[VGG]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        known = {name for network in networks for name in network.visible}
        self.visible = tuple(name for name in NAMES if name in known)
        """Names of the feature maps it can give."""

    def forward(self, image: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> float maps [N,C,h,w] by name.

        Raises:
            ValueError: no network has one of the layers.
        """
        missing = set(wanted)
        maps: dict[str, Tensor] = {}
        for network in self.networks:
            assert isinstance(network, VGG)
            here = missing & set(network.visible)
            if here:
                maps |= network(image, here)
            missing -= here
        if missing:
            raise ValueError(f"no weights for {', '.join(sorted(missing))}; add a --features file")
        return maps


def load_features(
    sources: Sequence[str],
    narrow: bool = False,
    pooling: Pooling = "max",
    edge: Padding | None = None,
    report: Report | None = None,
) -> Features:
    """Feature networks from files, or "imagenet" for torchvision's VGG19.

    Args:
        sources: in order of preference.
        narrow: take a distilled VGG19's own maps; see DistilledVGG.
        pooling: see VGG.
        edge: see VGG.
        report: called with the share of a download that is done.

    Raises:
        OSError: a file is missing, or the download failed.
        ValueError: a file holds no VGG.
    """
    return Features([_load(source, narrow, pooling, edge, report) for source in sources])


def _load(
    source: str, narrow: bool, pooling: Pooling, edge: Padding | None, report: Report | None
) -> VGG:
    if source == "imagenet":
        state = torch.load(fetch(IMAGENET, report), map_location="cpu", weights_only=True)
        keys = [key for key in state if key.startswith("features.") and key.endswith("weight")]
        kernels = [(state[key], state[key.replace("weight", "bias")]) for key in keys]
        return TorchvisionVGG(kernels, pooling=pooling, edge=edge)
    if not Path(source).is_file():
        raise FileNotFoundError(f"there is no file {source}")
    state = load_file(source)
    if "conv0.weight" in state:
        return DistilledVGG(state, narrow, pooling, edge)
    names = [_before(layer) for layer in LAYERS]
    kernels = [(state[f"{n}.weight"], state[f"{n}.bias"]) for n in names if f"{n}.weight" in state]
    if not kernels:
        raise ValueError(f"{source} holds no VGG19")
    return ExactVGG(kernels, pooling=pooling, edge=edge)
