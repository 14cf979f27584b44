"""What training minimises."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.distillation import Distillation
from training.losses import movement_loss
from training.networks import MovementNetwork, Outputs, unit_range
from training.recipes import Recipe

KIND_WEIGHT = 0.3
"""Weight of telling the movements' paintings from photographs and from other paintings."""


class Objective(nn.Module):
    """A network, what it is compared with, and the loss: all gradients in one forward pass.

    Args:
        network: the network to train.
        distillation: its teacher, if it has one.
        recipe: the weights of the losses.
        adjustment: float32 [K], added to the movement logits in their loss, see training.losses.
    """

    def __init__(
        self,
        network: MovementNetwork,
        distillation: Distillation | None,
        recipe: Recipe,
        adjustment: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.adjustment: Tensor | None
        self.register_buffer("adjustment", adjustment, persistent=False)
        self.network = network
        self.distillation = distillation
        self.recipe = recipe

    def forward(
        self, image: Tensor, size: int, labels: Tensor, kinds: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Loss, a scalar, and movement logits, float32 [N,K].

        Args:
            image: uint8 [N,S,S,3]; the teacher sees it as it is, the student at `size`.
            size: side of the student's input in pixels.
            labels: int64 [N], -1 where there is no movement.
            kinds: int64 [N].
        """
        seen = self.network.normalise(image)
        if size != image.shape[1]:
            seen = F.interpolate(seen, size=(size, size), mode="bilinear", antialias=True)
        outputs: Outputs = self.network(seen.contiguous(memory_format=torch.channels_last))
        loss = KIND_WEIGHT * F.cross_entropy(outputs.kind.float(), kinds)
        smoothing = self.recipe.label_smoothing
        loss = loss + movement_loss(outputs.logits.float(), labels, smoothing, self.adjustment)
        if self.distillation is not None:
            taught = unit_range(image).contiguous(memory_format=torch.channels_last)
            losses = self.distillation(taught, outputs, labels, self.adjustment)
            loss = loss + self.recipe.feature_weight * losses.features + losses.reading
            loss = loss + self.recipe.verdict_weight * losses.verdict
        return loss, outputs.logits.float()
