"""A plain vision transformer of DeiT-tiny's size (Touvron et al. 2021): 12 blocks of 192 channels.

As in "Better plain ViT baselines for ImageNet-1k" (Beyer et al. 2022) positions are fixed sines
and the head pools all tokens, so a picture may have any size, and the class activation map of
this network is as exact as a convolutional one's. Two more deviations: four small convolutions
make the tokens ("Early convolutions help transformers see better", Xiao et al. 2021), which learn
from far fewer pictures; and tokens keep their place in a map [N,C,h,w] from layer to layer, so a
linear layer is a 1x1 convolution, and whatever observes a feature map observes this network too.
"""

import math
from collections import OrderedDict
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 192
HEADS = 3
BLOCKS = 12
STRIDE = 16
"""Pixels from token to token."""


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of each token of a map."""

    def forward(self, tokens: Tensor) -> Tensor:
        """[N,C,h,w] -> [N,C,h,w]."""
        return super().forward(tokens.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017) among all tokens of a map."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj = nn.Conv2d(channels, channels, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """[N,C,h,w] -> [N,C,h,w]."""
        query, key, value = self.split(tokens)
        seen = F.scaled_dot_product_attention(query, key, value)  # [N,heads,h*w,C/heads]
        return self.proj(seen.transpose(2, 3).reshape(tokens.shape))

    def weights(self, tokens: Tensor) -> Tensor:
        """How much each token attends to each other, [N,heads,h*w,h*w]; every row adds up to 1."""
        query, key, _ = self.split(tokens)
        return (query @ key.mT / math.sqrt(query.shape[-1])).softmax(-1)

    def split(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[N,C,h,w] -> queries, keys and values, each [N,heads,h*w,C/heads]."""
        maps = self.qkv(tokens).flatten(2).unflatten(1, (3, self.heads, -1))
        query, key, value = maps.transpose(3, 4).unbind(1)
        return query, key, value


class Block(nn.Module):
    """Attention, then two layers for each token alone, both added to what came in."""

    def __init__(self, channels: int = CHANNELS, heads: int = HEADS, expansion: int = 4) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(channels)
        self.attn = Attention(channels, heads)
        self.norm2 = ChannelNorm(channels)
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, expansion * channels, 1),
            nn.GELU(),
            nn.Conv2d(expansion * channels, channels, 1),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """[N,C,h,w] -> [N,C,h,w]."""
        tokens = tokens + self.attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class Positions(nn.Module):
    """Adds sines and cosines of a token's row and column (Chen et al., "MoCo v3", 2021)."""

    def forward(self, tokens: Tensor) -> Tensor:
        """[N,C,h,w] -> [N,C,h,w]; C is a multiple of 4."""
        channels, rows, columns = tokens.shape[1:]
        octaves = torch.arange(channels // 4, dtype=torch.float32, device=tokens.device)
        waves = 1e4 ** (-octaves / (channels // 4))[:, None, None]  # [C/4,1,1]
        down = torch.arange(rows, dtype=torch.float32, device=tokens.device)[:, None]
        right = torch.arange(columns, dtype=torch.float32, device=tokens.device)[None]
        y, x = (waves * down).expand(-1, rows, columns), (waves * right).expand(-1, rows, columns)
        return tokens + torch.cat([x.sin(), x.cos(), y.sin(), y.cos()]).to(tokens.dtype)


def stem() -> nn.Sequential:
    """Image [N,3,H,W] to tokens [N,CHANNELS,H/STRIDE,W/STRIDE]."""
    layers: list[nn.Module] = []
    widths = (3, CHANNELS // 8, CHANNELS // 4, CHANNELS // 2, CHANNELS)
    for inputs, outputs in pairwise(widths):
        layers += [
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Conv2d(CHANNELS, CHANNELS, 1))


def vit_tiny_trunk() -> nn.Sequential:
    """Image, float32 normalised [N,3,H,W], to the last tokens [N,192,H/16,W/16], of any sign."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(stem=stem(), positions=Positions())
    for i in range(BLOCKS):
        layers[f"block{i + 1}"] = Block()
    layers["norm"] = ChannelNorm(CHANNELS)
    return nn.Sequential(layers)
