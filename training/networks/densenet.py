"""DenseNet-121's trunk (Huang et al., "Densely Connected Convolutional Networks", 2017).

Parameter names are torchvision's, so that its ImageNet weights load as they are. Two deviations:
the concatenation is one function over a list of feature maps, and the last ReLU is a module
(`relu5`) that works on a copy. torchvision's in-place ReLU overwrites what a hook has kept, which
makes class activation maps silently wrong.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

BLOCKS = (6, 12, 24, 16)
GROWTH = 32
BOTTLENECK = 4 * GROWTH


class DenseLayer(nn.Module):
    """BN-ReLU-conv1x1-BN-ReLU-conv3x3: adds `GROWTH` channels to what all before it have made."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(channels, BOTTLENECK, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(BOTTLENECK)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(BOTTLENECK, GROWTH, 3, padding=1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """[N,channels,h,w] -> [N,GROWTH,h,w]."""
        bottleneck = self.conv1(self.relu1(self.norm1(features)))
        return self.conv2(self.relu2(self.norm2(bottleneck)))


class DenseBlock(nn.ModuleDict):
    """Layers that each see the concatenation of the block's input and all earlier layers."""

    def __init__(self, layers: int, channels: int) -> None:
        super().__init__(
            {f"denselayer{i + 1}": DenseLayer(channels + i * GROWTH) for i in range(layers)}
        )

    def forward(self, features: Tensor) -> Tensor:
        """[N,channels,h,w] -> [N,channels+layers*GROWTH,h,w]."""
        for layer in self.values():
            features = torch.cat([features, layer(features)], 1)
        return features


class Transition(nn.Sequential):
    """Halves channels and resolution between two blocks."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            OrderedDict(
                norm=nn.BatchNorm2d(channels),
                relu=nn.ReLU(inplace=True),
                conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
                pool=nn.AvgPool2d(2),
            )
        )


def densenet121_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the map after the last ReLU [N,1024,H/32,W/32]."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv0=nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
        norm0=nn.BatchNorm2d(64),
        relu0=nn.ReLU(inplace=True),
        pool0=nn.MaxPool2d(3, stride=2, padding=1),
    )
    channels = 64
    for i, depth in enumerate(BLOCKS, start=1):
        layers[f"denseblock{i}"] = DenseBlock(depth, channels)
        channels += depth * GROWTH
        if i < len(BLOCKS):
            layers[f"transition{i}"] = Transition(channels)
            channels //= 2
    layers["norm5"] = nn.BatchNorm2d(channels)
    layers["relu5"] = nn.ReLU()
    return nn.Sequential(layers)
