"""What the stylizer minimises, in one forward pass."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks.style_transfer import StyleTransfer, luminance
from training.networks.vgg import Features, Network
from training.style.likeness import likeness_loss
from training.style.losses import (
    content_loss,
    gram_loss,
    gram_matrix,
    moments,
    moments_loss,
    nearest_neighbour_loss,
    sliced_wasserstein_loss,
    total_variation,
)

CONTENT_LAYERS = ("relu3_1", "relu4_1")
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
SLICED_LAYERS = ("relu2_1", "relu3_1", "relu4_1", "relu5_1")
NEIGHBOUR_LAYERS = ("relu3_1", "relu4_1")

DIRECTIONS = 64
"""Random directions of the sliced Wasserstein distance, at each layer."""

SORTED = 64
"""Rows and columns of a map, at most, whose values are sorted for that distance."""

NEIGHBOURS = 32
"""Maps are averaged to at most so many rows and columns before neighbours are looked for."""


@dataclass(frozen=True)
class Weights:
    """Of the losses.

    Attributes:
        alpha: content loss.
        grey: share of the content loss that compares pictures without their colours.
        beta: style loss, of Gram matrices and moments.
        sliced: style loss, sliced Wasserstein distance.
        neighbours: style loss, distance to the most similar places.
        likeness: of strokes in two styles of one photograph.
        variation: total variation.
        identity: squared error where the style is the picture itself.
    """

    alpha: float = 4.0
    grey: float = 0.8
    beta: float = 20.0
    sliced: float = 10.0
    neighbours: float = 5.0
    likeness: float = 1.5
    variation: float = 0.3
    identity: float = 5.0


@dataclass(frozen=True)
class Losses:
    """Scalars of a batch, not yet weighed; `total` is."""

    content: Tensor
    grey: Tensor
    style: Tensor
    sliced: Tensor
    neighbours: Tensor
    likeness: Tensor
    variation: Tensor
    identity: Tensor
    total: Tensor


class Target:
    """What a painted picture shall be: a photograph's content in another picture's style.

    Args:
        features: what both are measured by; it has all layers named above.
        photograph: RGB float32 in [0,1] [N,3,H,W].
        style: likewise, of any size.
    """

    def __init__(self, features: Network, photograph: Tensor, style: Tensor) -> None:
        self.features = features
        with torch.no_grad():
            self.content = features(photograph, CONTENT_LAYERS)
            self.maps = features(style, STYLE_LAYERS)
            self.grams = {name: gram_matrix(self.maps[name]) for name in STYLE_LAYERS}
            self.moments = {
                name: moments(self.maps[name], self.grams[name]) for name in STYLE_LAYERS
            }

    def feature_maps(self, picture: Tensor) -> dict[str, Tensor]:
        """Feature maps of pictures [N,3,H,W] at all layers named above."""
        return self.features(picture, {*STYLE_LAYERS, *CONTENT_LAYERS})

    def losses(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Content loss and style loss of pictures [N,3,H,W], float32 [N] each."""
        maps = self.feature_maps(picture)
        return self.content_loss(maps), self.style_loss(maps)

    def content_loss(self, maps: dict[str, Tensor]) -> Tensor:
        """The mean over its layers, float32 [N]."""
        losses = [content_loss(maps[name], self.content[name]) for name in CONTENT_LAYERS]
        return torch.stack(losses).mean(0)

    def style_loss(self, maps: dict[str, Tensor]) -> Tensor:
        """The mean over its layers and both kinds of statistics, float32 [N]."""
        losses = []
        for name in STYLE_LAYERS:
            gram = gram_matrix(maps[name])
            losses.append(gram_loss(gram, self.grams[name]))
            losses.append(moments_loss(moments(maps[name], gram), self.moments[name]))
        return torch.stack(losses).mean(0)

    def sliced_loss(self, maps: dict[str, Tensor]) -> Tensor:
        """The mean over its layers, in new random directions, float32 [N]."""
        losses = []
        for name in SLICED_LAYERS:
            found, wanted = (_sample(each[name], SORTED) for each in (maps, self.maps))
            directions = torch.randn(DIRECTIONS, found.shape[1], device=found.device)
            unit = F.normalize(directions, dim=1)
            losses.append(sliced_wasserstein_loss(found, wanted, unit))
        return torch.stack(losses).mean(0)

    def neighbour_loss(self, maps: dict[str, Tensor]) -> Tensor:
        """The mean over its layers, float32 [N]."""
        losses = []
        for name in NEIGHBOUR_LAYERS:
            found, wanted = (_at_most(each[name], NEIGHBOURS) for each in (maps, self.maps))
            losses.append(nearest_neighbour_loss(found, wanted))
        return torch.stack(losses).mean(0)


def _at_most(maps: Tensor, side: int) -> Tensor:
    factor = -(-max(maps.shape[2:]) // side)
    return F.avg_pool2d(maps, factor) if factor > 1 else maps


def _sample(maps: Tensor, side: int) -> Tensor:
    """Every n-th row and column of maps, from random ones on, so that at most `side` are left.

    Their values have the distribution of the whole map's, and are sorted in a fraction of the time.
    """
    factor = -(-max(maps.shape[2:]) // side)
    top, left = torch.randint(factor, (2,)).tolist()
    return maps[:, :, top::factor, left::factor]


class StylizerObjective(nn.Module):
    """Both networks and the features that judge them.

    Args:
        network: the networks to train.
        features: a frozen feature network that has all layers named above.
        weights: of the losses.
        content: a frozen network that judges content without colours, which may be a small one;
            the same by default.
    """

    def __init__(
        self,
        network: StyleTransfer,
        features: Features,
        weights: Weights | None = None,
        content: Features | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.features = features
        self.content = content or features
        self.weights = weights or Weights()

    def forward(self, photograph: Tensor, style: Tensor, same: Tensor) -> Losses:
        """Paint a batch and judge it.

        Args:
            photograph: RGB float32 in [0,1] [N,3,H,W]; neighbours, 2i and 2i+1, are the same.
            style: likewise, of any size.
            same: bool [N], whether the two are one picture.
        """
        painted = self.network(photograph, style)
        target = Target(self.features, photograph, style)
        maps = target.feature_maps(painted)
        error = (painted - photograph).square().mean((1, 2, 3))
        pairs = slice(0, len(same) // 2 * 2)
        both = ~same[pairs].view(-1, 2).any(1)
        losses = {
            "content": target.content_loss(maps).mean(),
            "grey": self.grey_loss(photograph, painted).mean(),
            "style": target.style_loss(maps).mean(),
            "sliced": target.sliced_loss(maps).mean(),
            "neighbours": target.neighbour_loss(maps).mean(),
            "likeness": likeness_loss(photograph[pairs], painted[pairs], both),
            "variation": total_variation(painted).mean(),
            "identity": (error * same).sum() / same.sum().clamp(min=1),
        }
        w = self.weights
        factors = (
            *(w.alpha * (1 - w.grey), w.alpha * w.grey, w.beta, w.sliced, w.neighbours),
            *(w.likeness, w.variation, w.identity),
        )
        total = torch.stack([f * x for f, x in zip(factors, losses.values(), strict=True)]).sum()
        return Losses(**losses, total=total)

    def grey_loss(self, photograph: Tensor, painted: Tensor) -> Tensor:
        """Content loss of the pictures' luminance alone, float32 [N]: colours are the style's."""
        grey = [luminance(each).expand(-1, 3, -1, -1) for each in (photograph, painted)]
        with torch.no_grad():
            wanted = self.content(grey[0], CONTENT_LAYERS)
        found = self.content(grey[1], CONTENT_LAYERS)
        losses = [content_loss(found[name], wanted[name]) for name in CONTENT_LAYERS]
        return torch.stack(losses).mean(0)
