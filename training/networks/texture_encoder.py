"""A small network with VGG19's style features, for optimising pictures without a GPU.

It has VGG19's stages up to conv5_1, in about a quarter of their widths. A 1x1 convolution, a
head, turns five of its feature maps into what a teacher's maps are in the basis of their own
principal components (PCA-based knowledge distillation, Chiu and Gurari 2022). Such a basis is
orthonormal, so distances between maps, and between Gram matrices, are nearly those of VGG19's whole
maps. Heads have no ReLU: components have a sign.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from training.common.files import save_atomically
from training.networks.vgg import Padding

STAGES = ((16, 2), (32, 2), (96, 3), (128, 4), (160, 1))
"""Width and number of the convolutions in each stage; pictures are halved between two stages."""

HEADS = {"relu1_1": 16, "relu2_1": 32, "relu3_1": 96, "relu4_1": 128, "relu5_1": 128}
"""The layers it has, and how many principal components of VGG19's it gives of each."""


class TextureEncoder(nn.Module):
    """VGG19's style features at a tenth of the cost."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        inputs = 3
        names = [(f"relu{s}_{i + 1}", w) for s, (w, n) in enumerate(STAGES, 1) for i in range(n)]
        for name, width in names:
            # At the picture's own edge zeros would be a grey frame.
            edge: Padding = "zeros" if self.convolutions else "replicate"
            convolution = nn.Conv2d(inputs, width, 3, padding=1, padding_mode=edge)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            nn.init.constant_(cast(Tensor, convolution.bias), 0)
            self.convolutions[name] = convolution
            inputs = width
        widths = dict(names)
        for name, components in HEADS.items():
            self.heads[name] = nn.Conv2d(widths[name], components, 1)

    @property
    def visible(self) -> tuple[str, ...]:
        """Names of the feature maps it can give."""
        return tuple(HEADS)

    def forward(self, image: Tensor, wanted: Iterable[str] = tuple(HEADS)) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> float maps [N,C,h,w] by name.

        Raises:
            ValueError: it does not have one of the layers.
        """
        missing = set(wanted)
        if unknown := missing - set(self.visible):
            raise ValueError(f"the texture encoder has no {', '.join(sorted(unknown))}")
        maps: dict[str, Tensor] = {}
        x = (image - 0.5) * 4
        for name, convolution in self.convolutions.items():
            if not missing:
                break
            if name.endswith("_1") and name != "relu1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(convolution(x))
            if name in missing:
                maps[name] = self.heads[name](x)
                missing.remove(name)
        return maps


def save_texture_encoder(path: Path, network: TextureEncoder, card: dict[str, Any]) -> None:
    """Write the network and JSON-serialisable facts to one safetensors file, atomically."""
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    metadata = {"card": json.dumps(card)}
    save_atomically(path, lambda partial: save_file(state, partial, metadata))


def load_texture_encoder(path: Path) -> tuple[TextureEncoder, dict[str, Any]]:
    """Read the network, in evaluation mode, and what is known of it.

    Args:
        path: a `.safetensors` file written by `save_texture_encoder`, or the shipped `.onnx`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    network = TextureEncoder()
    if path.suffix == ".onnx":
        from training.networks.shipped import load_state  # onnx is needed for this alone

        network.load_state_dict(load_state(path, network))
        return network.eval(), {}
    with safe_open(path, framework="pt") as file:
        card: dict[str, Any] = json.loads(file.metadata()["card"])
        network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    return network.eval(), card
