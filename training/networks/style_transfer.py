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
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.networks.styled_layers import (
    STYLE_CHANNELS,
    Statistics,
    StyledBlock,
    StyledNorm,
    UpsamplingConvolution,
    convolution,
    moments,
)

ENCODER_WIDTHS = (32, 64, 128, 192, 256)
"""Widths of the style encoder's stages, each at half the resolution of the one before."""


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


STYLIZER_WIDTHS = (16, 32, 64, 160)
"""Widths of the stylizer's maps at full, half, quarter and eighth resolution."""

DEEP_BLOCKS, FINE_BLOCKS = 4, 3
"""Residual blocks at an eighth and at a quarter of the resolution."""


NOISE_CHANNELS, NOISE_CELLS = 4, 32
"""Maps of noise, and their period in cells of eight pixels."""

PERIOD = 8 * NOISE_CELLS
"""Two parts of a picture see the same noise where their positions differ by a multiple of this."""

LUMINANCE = (0.299, 0.587, 0.114)


def extended(image: Tensor, multiple: int = 8) -> Tensor:
    """A picture reflected at its lower and right edge until its sides are multiples of a number."""
    for side in (2, 3):
        length = image.shape[side]
        whole = (length + multiple - 1) // multiple * multiple
        index = torch.arange(whole, device=image.device)
        index = torch.minimum(index, 2 * (length - 1) - index)
        image = image.index_select(side, index)
    return image


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
        self.deep = nn.ModuleList(StyledBlock(eighth) for _ in range(DEEP_BLOCKS))
        self.rise1, self.join1 = (
            UpsamplingConvolution(eighth, quarter),
            convolution(quarter, quarter, 1),
        )
        self.rise_norm1 = StyledNorm(quarter)
        self.fine = nn.ModuleList(StyledBlock(quarter) for _ in range(FINE_BLOCKS))
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
