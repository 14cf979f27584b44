"""Layers of the stylizer: normalisations and kernels that a style vector sets, and upsampling."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STYLE_CHANNELS = 256
"""Length of a style vector."""


EPSILON = 1e-4
"""Keeps flat maps from being divided by zero."""


def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that pads by reflection and halves, with stride 2, odd lengths rounding up."""
    return nn.Conv2d(
        inputs,
        outputs,
        size,
        stride,
        padding=size // 2,
        padding_mode="reflect" if size > 1 else "zeros",
    )


def moments(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each map, [N,C,H,W] -> float32 [N,C] twice."""
    maps = maps.float()
    mean = maps.mean((2, 3))
    variance = (maps * maps).mean((2, 3)) - mean * mean
    return mean, (variance.clamp(min=0) + EPSILON).sqrt()


KERNELS = 16
"""Kernels that a style mixes, in each convolution that has a mixture."""


class Statistics:
    """Moments of all normalised maps, in order: those found, and those to use instead.

    Parts of a large picture would each be normalised by statistics of their own and differ in
    colour. URST (Chen et al. 2021) gives all of them the statistics of a thumbnail.

    Args:
        given: float32 [1 or N,S] of another pass, or None.
        share: float32 [1], how far to go from the statistics found (0) to those given (1).
    """

    def __init__(self, given: Tensor | None, share: Tensor | None) -> None:
        self.given, self.share = given, share
        self.found: list[Tensor] = []

    def __call__(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation to normalise maps [N,C,H,W] with, [N,C] each."""
        found = torch.cat(moments(maps), 1)
        self.found.append(found)
        if self.given is not None and self.share is not None:
            end = sum(each.shape[1] for each in self.found)
            given = self.given[:, end - found.shape[1] : end]
            found = found + self.share * (given - found)
        mean, deviation = found.chunk(2, 1)
        return mean, deviation


class StyledNorm(nn.Module):
    """Instance normalisation whose scale and shift are read from the style vector."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.read = nn.Linear(STYLE_CHANNELS, 2 * channels)
        nn.init.normal_(self.read.weight, std=0.01)
        nn.init.zeros_(self.read.bias)

    def forward(self, maps: Tensor, style: Tensor, statistics: Statistics) -> Tensor:
        """[N,C,H,W], [N,STYLE_CHANNELS] -> [N,C,H,W]."""
        scale, shift = self.read(style).float().chunk(2, 1)
        mean, deviation = statistics(maps)
        scale = (1 + scale) / deviation
        shift = shift - mean * scale
        return maps * scale[:, :, None, None].to(maps) + shift[:, :, None, None].to(maps)


class StyledMixture(nn.Module):
    """A 1x1 convolution whose kernel is the identity plus a mixture that the style chooses.

    Behind a 3x3 convolution it makes of its C fixed kernels C others.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.choose = nn.Linear(STYLE_CHANNELS, KERNELS)
        self.bank = nn.Linear(KERNELS, channels * channels, bias=False)
        nn.init.normal_(self.bank.weight, std=0.5 / (KERNELS * channels) ** 0.5)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        """[N,C,H,W], [N,STYLE_CHANNELS] -> [N,C,H,W]."""
        channels = maps.shape[1]
        kernel = self.bank(self.choose(style)).unflatten(1, (channels, channels))
        flat = maps.flatten(2)
        return (flat + kernel.to(maps) @ flat).view_as(maps)


class StyledConvolution(nn.Module):
    """A 3x3 convolution, mixed and normalised to the style."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve = convolution(channels, channels, 3)
        self.mix = StyledMixture(channels)
        self.norm = StyledNorm(channels)

    def forward(self, x: Tensor, style: Tensor, statistics: Statistics) -> Tensor:
        """[N,C,H,W] -> [N,C,H,W]."""
        x = self.mix(self.convolve(x), style)
        normalised: Tensor = self.norm(x, style, statistics)
        return normalised


class StyledBlock(nn.Module):
    """Two styled convolutions, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = StyledConvolution(channels), StyledConvolution(channels)

    def forward(self, x: Tensor, style: Tensor, statistics: Statistics) -> Tensor:
        """[N,C,H,W] -> [N,C,H,W]."""
        inner = F.relu(self.first(x, style, statistics))
        return x + self.second(inner, style, statistics)


class UpsamplingConvolution(nn.Module):
    """Upsampling by two, then a convolution.

    Computed before the pixels are repeated: of each 3x3 kernel, those taps that would see the same
    pixel twice are added up first, which leaves 2x2 taps for each of the four pixels that one
    becomes (Shi et al. 2016b). Exactly the same values, for 4/9 of the multiplications, and without
    any wide map at the doubled resolution.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(inputs, outputs, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[N,inputs,h,w] -> [N,outputs,2h,2w]."""
        # A row 2i of the result sees rows i-1 and i; row 2i+1 sees i and i+1. With every row i
        # of z made from rows i-1 and i, they are rows i and i+1 of z: shuffled, one pixel too low.
        taps = self.convolve.weight
        below, above = taps[:, :, :2].sum(2), taps[:, :, 1:].sum(2)
        odd = torch.stack([below, taps[:, :, 2]], 2)
        even = torch.stack([taps[:, :, 0], above], 2)
        rows = torch.stack([odd, even], 1)  # [outputs,2,inputs,2,3]
        left = torch.stack([rows[..., :2].sum(-1), rows[..., 2]], -1)
        right = torch.stack([rows[..., 0], rows[..., 1:].sum(-1)], -1)
        kernel = torch.stack([left, right], 2)  # [outputs,2,2,inputs,2,2]
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        x = F.conv2d(x, kernel.flatten(0, 2))
        return F.pad(F.pixel_shuffle(x, 2), (-1, -1, -1, -1))
