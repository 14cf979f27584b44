"""Style transfer in one pass: a style encoder, and a stylizer that its style vector steers.

The style encoder computes of a painting what style losses measure, mean and deviation of feature
maps at several depths (Huang et al. 2017), and condenses it into one vector.

The stylizer is a feed-forward network (Johnson et al. 2016) that a second network steers for any
painting (Ghiasi et al. 2017), in two ways. The style sets scale and shift of every instance
normalisation (Dumoulin et al. 2017), and it mixes kernels: normalisation alone chooses among fixed
strokes, a mixture of kernels makes strokes of its own (CondConv, Yang et al. 2019; adaptive
convolutions, Chandran et al. 2021).

Nothing of the photograph passes round the style. Luminance comes in at full resolution and is
joined on the way up at half and quarter resolution, each time behind a normalisation of the style;
colour comes in at an eighth alone, so that it can be replaced. Smooth areas are seeded with noise:
without it a convolution can make nothing of them but patterns of the upsampling grid.

Every convolution pads by reflection, and upsampling repeats pixels: transposed convolutions would
leave a checkerboard.
"""

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from training.common.files import save_atomically
from training.style.shipped_files import ENCODER_FILE, STYLIZER_FILE

STYLE_CHANNELS = 256
"""Length of a style vector."""

EPSILON = 1e-4
"""Keeps flat maps from being divided by zero."""

ENCODER_WIDTHS = (32, 64, 128, 192, 256)
"""Widths of the style encoder's stages, each at half the resolution of the one before."""


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


class StyleEncoder(nn.Module):
    """Style picture to style vector."""

    def __init__(self) -> None:
        super().__init__()
        stages, inputs = [], 3
        for width in ENCODER_WIDTHS:
            layers = [convolution(inputs, width, 3, 2), nn.ReLU(), convolution(width, width, 3)]
            stages.append(nn.Sequential(*layers, nn.ReLU()))
            inputs = width
        self.stages = nn.ModuleList(stages)
        statistics = 2 * sum(ENCODER_WIDTHS)
        self.norm = nn.LayerNorm(statistics)
        self.condense = nn.Sequential(
            nn.Linear(statistics, 512), nn.ReLU(), nn.Linear(512, STYLE_CHANNELS)
        )

    def forward(self, image: Tensor) -> Tensor:
        """RGB float32 in [0,1] [N,3,H,W], at least 64 pixels each way -> [N,STYLE_CHANNELS]."""
        x, statistics = image, []
        for stage in self.stages:
            x = stage(x)
            mean, deviation = moments(x)
            statistics += [mean, deviation]
        return self.condense(self.norm(torch.cat(statistics, 1)))


def moments(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each map, [N,C,H,W] -> float32 [N,C] twice."""
    maps = maps.float()
    mean = maps.mean((2, 3))
    variance = (maps * maps).mean((2, 3)) - mean * mean
    return mean, (variance.clamp(min=0) + EPSILON).sqrt()


STYLIZER_WIDTHS = (16, 32, 64, 160)
"""Widths of the stylizer's maps at full, half, quarter and eighth resolution."""

DEEP_BLOCKS, FINE_BLOCKS = 4, 3
"""Residual blocks at an eighth and at a quarter of the resolution."""

KERNELS = 16
"""Kernels that a style mixes, in each convolution that has a mixture."""

NOISE_CHANNELS, NOISE_CELLS = 4, 32
"""Maps of noise, and their period in cells of eight pixels."""

PERIOD = 8 * NOISE_CELLS
"""Two parts of a picture see the same noise where their positions differ by a multiple of this."""

LUMINANCE = (0.299, 0.587, 0.114)


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


def extended(image: Tensor, multiple: int = 8) -> Tensor:
    """A picture reflected at its lower and right edge until its sides are multiples of a number."""
    for side in (2, 3):
        length = image.shape[side]
        whole = (length + multiple - 1) // multiple * multiple
        index = torch.arange(whole, device=image.device)
        index = torch.minimum(index, 2 * (length - 1) - index)
        image = image.index_select(side, index)
    return image


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


class Block(nn.Module):
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


class Stylizer(nn.Module):
    """Picture and style vector to picture."""

    noise: Tensor

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth = STYLIZER_WIDTHS
        self.fall1, self.fall_norm1 = convolution(1, half, 5, 2), StyledNorm(half)
        self.fall2, self.fall_norm2 = convolution(half, quarter, 3, 2), StyledNorm(quarter)
        self.fall3, self.fall_norm3 = convolution(quarter, eighth, 3, 2), StyledNorm(eighth)
        self.see_colour = convolution(3, eighth, 1)
        self.see_noise = convolution(NOISE_CHANNELS, eighth, 1)
        self.deep = nn.ModuleList(Block(eighth) for _ in range(DEEP_BLOCKS))
        self.rise1, self.join1 = (
            UpsamplingConvolution(eighth, quarter),
            convolution(quarter, quarter, 1),
        )
        self.rise_norm1 = StyledNorm(quarter)
        self.fine = nn.ModuleList(Block(quarter) for _ in range(FINE_BLOCKS))
        self.rise2, self.join2 = UpsamplingConvolution(quarter, half), convolution(half, half, 1)
        self.rise_norm2 = StyledNorm(half)
        self.rise3, self.rise_norm3 = UpsamplingConvolution(half, full), StyledNorm(full)
        self.paint = convolution(full, 3, 3)
        generator = torch.Generator().manual_seed(0)
        shape = (1, NOISE_CHANNELS, NOISE_CELLS, NOISE_CELLS)
        self.register_buffer("noise", torch.randn(shape, generator=generator))

    def forward(
        self,
        image: Tensor,
        style: Tensor,
        given: Tensor | None = None,
        share: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Paint.

        Args:
            image: RGB float32 in [0,1] [N,3,H,W], at least 16 pixels each way.
            style: float32 [N,STYLE_CHANNELS].
            given: statistics of another pass, float32 [1 or N,S]; see Statistics.
            share: float32 [1] in [0,1], how much of the given ones to use.

        Returns:
            The picture, RGB float32 in [0,1] [N,3,H,W], and its own statistics [N,S].
        """
        statistics = Statistics(given, share)
        height, width = image.shape[2:]
        image = extended(image)
        half = F.relu(self.fall_norm1(self.fall1(luminance(image)), style, statistics))
        quarter = F.relu(self.fall_norm2(self.fall2(half), style, statistics))
        x = self.fall3(quarter) + self.see_colour(F.avg_pool2d(image, 8))
        x = x + self.see_noise(self.noise_like(x))
        x = F.relu(self.fall_norm3(x, style, statistics))
        for block in self.deep:
            x = block(x, style, statistics)
        x = self.rise1(x) + self.join1(quarter)
        x = F.relu(self.rise_norm1(x, style, statistics))
        for block in self.fine:
            x = block(x, style, statistics)
        x = self.rise2(x) + self.join2(half)
        x = F.relu(self.rise_norm2(x, style, statistics))
        x = self.paint(F.relu(self.rise_norm3(self.rise3(x), style, statistics)))
        picture = torch.sigmoid(x.float())[:, :, :height, :width]
        return picture, torch.cat(statistics.found, 1)

    def noise_like(self, maps: Tensor) -> Tensor:
        """The noise, repeated to the size of maps [N,C,h,w]: [1,NOISE_CHANNELS,h,w]."""
        noise = self.noise.to(maps)
        for side in (2, 3):
            index = torch.arange(maps.shape[side], device=maps.device) % NOISE_CELLS
            noise = noise.index_select(side, index)
        return noise


def luminance(image: Tensor) -> Tensor:
    """RGB [N,3,H,W] -> its luminance [N,1,H,W] (Rec. 601)."""
    weights = torch.tensor(LUMINANCE, device=image.device, dtype=image.dtype).view(1, 3, 1, 1)
    return (image * weights).sum(1, keepdim=True)


class StyleTransfer(nn.Module):
    """Both networks, as they are trained and kept."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = StyleEncoder()
        self.stylizer = Stylizer()

    def forward(self, photograph: Tensor, style: Tensor) -> Tensor:
        """Paint pictures like others, all RGB float32 in [0,1] [N,3,H,W]."""
        painted: Tensor = self.stylizer(photograph, self.encoder(style))[0]
        return painted


def save_style_transfer(path: Path, network: nn.Module, card: dict[str, Any]) -> None:
    """Write both networks and JSON-serialisable facts to one safetensors file, atomically."""
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    metadata = {"card": json.dumps(card)}
    save_atomically(path, lambda partial: save_file(state, partial, metadata))


def load_style_transfer(path: Path) -> tuple[StyleTransfer, dict[str, Any]]:
    """Read both networks, in evaluation mode, and what is known of them.

    Args:
        path: a `.safetensors` file written by `save_painter`, or the folder of the shipped files.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if path.is_dir():
        from training.networks.shipped import load_state  # onnx is needed for this alone

        network = StyleTransfer()
        for part, name in ((network.encoder, ENCODER_FILE), (network.stylizer, STYLIZER_FILE)):
            part.load_state_dict(load_state(path / name, part))
        return network.eval(), {}
    with safe_open(path, framework="pt") as file:
        card: dict[str, Any] = json.loads(file.metadata()["card"])
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    network = StyleTransfer()
    network.load_state_dict(state)
    return network.eval(), card
