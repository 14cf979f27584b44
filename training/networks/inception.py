"""Inception-v3's trunk, stem to mixed_8 (Szegedy et al. 2016), as a frozen teacher.

The layout is that of the network TensorFlow published in 2015, batch normalisation folded into the
convolutions' biases; the weights file's key names say which branch a convolution belongs to:
`mixed_4_tower_1_conv_2` is the third convolution of the second tower of block `mixed_4`.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

STEM = (("conv", 2, 0), ("conv_1", 1, 0), ("conv_2", 1, 1), ("pool", 2, 0), ("conv_3", 1, 0),
        ("conv_4", 1, 0))  # fmt: skip
"""(layer, stride, padding) in order."""

REDUCTIONS = ("mixed_3", "mixed_8")
BLOCKS = ("mixed", *(f"mixed_{i}" for i in range(1, 9)))
CHANNELS = {"stem": 192, "mixed_2": 288, "mixed_5": 768, "mixed_7": 768, "mixed_8": 1280}
"""Widths of the feature maps that a student can learn from."""


class InceptionTrunk(nn.Module):
    """Frozen convolutions by name.

    Args:
        path: safetensors with `NAME.weight` and `NAME.bias` for every convolution.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__()
        self.convolutions = nn.ModuleDict()
        tensors = {key: value.float() for key, value in load_file(path).items()}
        for key, weight in tensors.items():
            name, kind = key.rsplit(".", 1)
            if kind == "weight":
                outputs, inputs, height, width = weight.shape
                convolution = nn.Conv2d(inputs, outputs, (height, width))
                convolution.load_state_dict({"weight": weight, "bias": tensors[f"{name}.bias"]})
                self.convolutions[name] = convolution
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """RGB float in [0,1] [N,3,H,W] -> the maps named in CHANNELS, each [N,C,h,w], post-ReLU."""
        x = image * 2 - 1
        for name, stride, padding in STEM:
            pooled = name == "pool"
            x = F.max_pool2d(x, 3, 2) if pooled else self._convolve(x, name, stride, padding)
        maps = {"stem": x}
        x = F.max_pool2d(x, 3, 2)
        for block in BLOCKS:
            x = self._reduce(x, block) if block in REDUCTIONS else self._mix(x, block)
            if block in CHANNELS:
                maps[block] = x
        return maps

    def _convolve(self, x: Tensor, name: str, stride: int, padding: int | str) -> Tensor:
        layer = self.convolutions[name]
        return F.relu(F.conv2d(x, layer.weight, layer.bias, stride, padding))  # type: ignore[arg-type]

    def _tower(self, x: Tensor, prefix: str, last_stride: int = 1) -> Tensor:
        """All convolutions called `prefix`, `prefix_1`, `prefix_2` ... one after the other."""
        names = [prefix]
        while f"{prefix}_{len(names)}" in self.convolutions:
            names.append(f"{prefix}_{len(names)}")
        for name in names[:-1]:
            x = self._convolve(x, name, 1, "same")
        return self._convolve(x, names[-1], last_stride, "same" if last_stride == 1 else 0)

    def _mix(self, x: Tensor, block: str) -> Tensor:
        pooled = F.avg_pool2d(x, 3, 1, padding=1, count_include_pad=False)
        towers = [self._tower(x, f"{block}_{name}") for name in ("conv", "tower_conv")]
        towers.append(self._tower(x, f"{block}_tower_1_conv"))
        return torch.cat([*towers, self._tower(pooled, f"{block}_tower_2_conv")], 1)

    def _reduce(self, x: Tensor, block: str) -> Tensor:
        prefixes = (f"{block}_conv", f"{block}_tower_conv", f"{block}_tower_1_conv")
        towers = [self._tower(x, p, last_stride=2) for p in prefixes if p in self.convolutions]
        return torch.cat([*towers, F.max_pool2d(x, 3, 2)], 1)
