"""ResNet-18 and ResNet-50 trunks (He et al., "Deep Residual Learning", 2016), torchvision's names.

The stride of a bottleneck sits on its 3x3 convolution, as in torchvision ("ResNet v1.5").
"""

from collections import OrderedDict

from torch import Tensor, nn


def _conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """A residual block: two 3x3 convolutions, or 1x1-3x3-1x1 where `bottleneck` is set."""

    def __init__(self, inputs: int, width: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        outputs = width * 4 if bottleneck else width
        self.relu = nn.ReLU()
        self.bottleneck = bottleneck
        if bottleneck:
            self.conv1, self.bn1 = _conv_norm(inputs, width, 1)
            self.conv2, self.bn2 = _conv_norm(width, width, 3, stride)
            self.conv3, self.bn3 = _conv_norm(width, outputs, 1)
        else:
            self.conv1, self.bn1 = _conv_norm(inputs, width, 3, stride)
            self.conv2, self.bn2 = _conv_norm(width, width, 3)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(*_conv_norm(inputs, outputs, 1, stride))

    def forward(self, features: Tensor) -> Tensor:
        """[N,inputs,h,w] -> [N,outputs,h/stride,w/stride]."""
        shortcut = self.downsample(features) if self.downsample else features
        features = self.relu(self.bn1(self.conv1(features)))
        features = self.bn2(self.conv2(features))
        if self.bottleneck:
            features = self.bn3(self.conv3(self.relu(features)))
        return self.relu(features + shortcut)


def _resnet_trunk(depths: tuple[int, ...], *, bottleneck: bool) -> nn.Sequential:
    conv1, bn1 = _conv_norm(3, 64, 7, stride=2)
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=conv1, bn1=bn1, relu=nn.ReLU(), maxpool=nn.MaxPool2d(3, stride=2, padding=1)
    )
    channels = 64
    for i, depth in enumerate(depths):
        width, blocks = 64 * 2**i, []
        for j in range(depth):
            stride = 2 if j == 0 and i > 0 else 1
            blocks.append(Residual(channels, width, stride, bottleneck=bottleneck))
            channels = width * 4 if bottleneck else width
        layers[f"layer{i + 1}"] = nn.Sequential(*blocks)
    return nn.Sequential(layers)


def resnet18_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the last feature map [N,512,H/32,W/32]."""
    return _resnet_trunk((2, 2, 2, 2), bottleneck=False)


def resnet50_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the last feature map [N,2048,H/32,W/32]."""
    return _resnet_trunk((3, 4, 6, 3), bottleneck=True)
