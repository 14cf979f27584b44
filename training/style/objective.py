"""What the stylizer minimises, in one forward pass."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.painter import Painter
from training.networks.vgg import Features, Network
from training.style.losses import (
    content_loss,
    gram_loss,
    gram_matrix,
    moments,
    moments_loss,
    total_variation,
)

CONTENT_LAYERS = ("relu3_1", "relu4_1")
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True)
class Weights:
    """Of the losses: alpha and beta of the paper, and what keeps the picture smooth and faithful.

    `variation` weighs total variation, `identity` the squared error where the style is the picture
    itself.
    """

    alpha: float = 1.0
    beta: float = 20.0
    variation: float = 0.3
    identity: float = 20.0


@dataclass(frozen=True)
class Losses:
    """Scalars of a batch, not yet weighed; `total` is."""

    content: Tensor
    style: Tensor
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
            maps = features(style, STYLE_LAYERS)
            self.grams = {name: gram_matrix(maps[name]) for name in STYLE_LAYERS}
            self.moments = {name: moments(maps[name], self.grams[name]) for name in STYLE_LAYERS}

    def losses(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Content loss and style loss of pictures [N,3,H,W], float32 [N] each.

        Each is the mean over its layers; the style's also over both kinds of statistics.
        """
        maps = self.features(picture, {*STYLE_LAYERS, *CONTENT_LAYERS})
        content = [content_loss(maps[name], self.content[name]) for name in CONTENT_LAYERS]
        style = []
        for name in STYLE_LAYERS:
            gram = gram_matrix(maps[name])
            style.append(gram_loss(gram, self.grams[name]))
            style.append(moments_loss(moments(maps[name], gram), self.moments[name]))
        return torch.stack(content).mean(0), torch.stack(style).mean(0)


class Objective(nn.Module):
    """Both networks and the features that judge them.

    Args:
        painter: the networks to train.
        features: a frozen feature network that has all layers named above.
        weights: of the losses.
    """

    def __init__(
        self, painter: Painter, features: Features, weights: Weights | None = None
    ) -> None:
        super().__init__()
        self.painter = painter
        self.features = features
        self.weights = weights or Weights()

    def forward(self, photograph: Tensor, style: Tensor, same: Tensor) -> Losses:
        """Paint a batch and judge it.

        Args:
            photograph: RGB float32 in [0,1] [N,3,H,W].
            style: likewise, of any size.
            same: bool [N], whether the two are one picture.
        """
        painted = self.painter(photograph, style)
        content, painterly = Target(self.features, photograph, style).losses(painted)
        error = (painted - photograph).square().mean((1, 2, 3))
        losses = {
            "content": content.mean(),
            "style": painterly.mean(),
            "variation": total_variation(painted).mean(),
            "identity": (error * same).sum() / same.sum().clamp(min=1),
        }
        w = self.weights
        factors = (w.alpha, w.beta, w.variation, w.identity)
        total = torch.stack([f * x for f, x in zip(factors, losses.values(), strict=True)]).sum()
        return Losses(**losses, total=total)
