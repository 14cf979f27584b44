"""Painting in one pass: a stylizer that a style vector steers.

The stylizer is the feed-forward network of Johnson et al. (2016) whose instance normalisations
take scale and shift from the style (conditional instance normalisation, Dumoulin et al. 2017),
which a second network predicts for any painting (Ghiasi et al. 2017). It works at an eighth of the
picture's resolution, where convolutions are cheap, and joins finer maps on its way back up. Every
convolution pads by reflection, and upsampling repeats pixels: transposed convolutions would leave
a checkerboard.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks.style_encoder import STYLE_CHANNELS, convolution, moments

WIDTHS = (16, 32, 64, 128)
"""Widths of the stylizer's maps at full, half, quarter and eighth resolution."""

BLOCKS = 5


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


class Block(nn.Module):
    """Two convolutions, each normalised to the style, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve1 = convolution(channels, channels, 3)
        self.norm1 = StyledNorm(channels)
        self.convolve2 = convolution(channels, channels, 3)
        self.norm2 = StyledNorm(channels)

    def forward(self, x: Tensor, style: Tensor, statistics: Statistics) -> Tensor:
        """[N,C,H,W] -> [N,C,H,W]."""
        inner = F.relu(self.norm1(self.convolve1(x), style, statistics))
        return x + self.norm2(self.convolve2(inner), style, statistics)


class Rise(nn.Module):
    """Doubles the resolution, and joins the finer map of the way down.

    Repeating pixels and then convolving, but computed before the pixels are repeated: of each 3x3
    kernel, those taps that would see the same pixel twice are added up first, which leaves 2x2
    taps for each of the four pixels that one becomes (Shi et al. 2016b). Exactly the same values,
    for 4/9 of the multiplications, and without any wide map at the doubled resolution.
    """

    def __init__(self, inputs: int, joined: int, outputs: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(inputs, outputs, 3, bias=False)
        self.join = convolution(joined, outputs, 3 if joined == 3 else 1)

    def forward(self, x: Tensor, finer: Tensor) -> Tensor:
        """[N,inputs,h,w], [N,joined,2h,2w] -> [N,outputs,2h,2w]."""
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
        x = F.pad(F.pixel_shuffle(x, 2), (-1, -1, -1, -1))
        return x + self.join(finer)


class Stylizer(nn.Module):
    """Picture and style vector to picture."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth = WIDTHS
        self.fall1, self.fall_norm1 = convolution(3, half, 5, 2), StyledNorm(half)
        self.fall2, self.fall_norm2 = convolution(half, quarter, 3, 2), StyledNorm(quarter)
        self.fall3, self.fall_norm3 = convolution(quarter, eighth, 3, 2), StyledNorm(eighth)
        self.blocks = nn.ModuleList(Block(eighth) for _ in range(BLOCKS))
        self.rise1, self.rise_norm1 = Rise(eighth, quarter, quarter), StyledNorm(quarter)
        self.rise2, self.rise_norm2 = Rise(quarter, half, half), StyledNorm(half)
        self.rise3 = Rise(half, 3, full)
        self.paint = convolution(full, 3, 3)

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
        half = F.relu(self.fall_norm1(self.fall1(image), style, statistics))
        quarter = F.relu(self.fall_norm2(self.fall2(half), style, statistics))
        x = F.relu(self.fall_norm3(self.fall3(quarter), style, statistics))
        for block in self.blocks:
            x = block(x, style, statistics)
        x = F.relu(self.rise_norm1(self.rise1(x, quarter), style, statistics))
        x = F.relu(self.rise_norm2(self.rise2(x, half), style, statistics))
        x = self.paint(F.relu(self.rise3(x, image)))
        picture = torch.sigmoid(x.float())[:, :, :height, :width]
        return picture, torch.cat(statistics.found, 1)
