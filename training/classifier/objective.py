"""What a classifier's training minimises, and how it is made from the command line."""

import argparse
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn

from training.classifier.distillation import Distillation, make_distillation
from training.classifier.initialise import freeze, initialise
from training.classifier.losses import log_prior, movement_loss
from training.classifier.recipes import TrainingRecipe
from training.common.errors import UserError
from training.data import Record
from training.networks import MovementNetwork, Outputs, build, unit_range

KIND_WEIGHT = 0.3
"""Weight of telling the movements' paintings from photographs and from other paintings."""


class ClassifierObjective(nn.Module):
    """A network, what it is compared with, and the loss: all gradients in one forward pass.

    Args:
        network: the network to train.
        distillation: its teacher, if it has one.
        recipe: the weights of the losses.
        adjustment: float32 [K], added to the movement logits in their loss, see
        training.classifier.losses.

    Raises:
        UserError: the recipe mixes pictures, and no teacher says what a mixture is.
    """

    def __init__(
        self,
        network: MovementNetwork,
        distillation: Distillation | None,
        recipe: TrainingRecipe,
        adjustment: Tensor | None = None,
    ) -> None:
        super().__init__()
        if recipe.mixup and not (distillation and distillation.teacher.classifies):
            raise UserError("This recipe learns from a teacher alone; add --teacher network FILE.")
        self.adjustment: Tensor | None
        self.register_buffer("adjustment", adjustment, persistent=False)
        self.network = network
        self.distillation = distillation
        self.recipe = recipe

    def forward(
        self, image: Tensor, size: int, labels: Tensor, kinds: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Loss, a scalar; the teacher's part of it, without gradient; logits, float32 [N,K].

        Args:
            image: uint8 [N,S,S,3]; the teacher sees it as it is, the student at `size`.
            size: side of the student's input in pixels.
            labels: int64 [N], -1 where there is no movement.
            kinds: int64 [N].
        """
        picture = unit_range(image)
        if self.recipe.mixup:
            picture = mixed(picture, self.recipe.mixup)
        seen = self.network.standardise(picture)
        if size != image.shape[1]:
            seen = F.interpolate(seen, size=(size, size), mode="bilinear", antialias=True)
        outputs: Outputs = self.network(seen.contiguous(memory_format=torch.channels_last))
        losses, from_teacher = [], image.new_zeros((), dtype=torch.float32)
        if not self.recipe.mixup:  # no label is right of a mixture
            losses.append(self._labels_loss(outputs, labels, kinds))
        if self.distillation is not None:
            losses.append(self._teacher_loss(self.distillation, picture, outputs, labels))
            from_teacher = losses[-1].detach()
        return torch.stack(losses).sum(), from_teacher, outputs.logits.float()

    def _labels_loss(self, outputs: Outputs, labels: Tensor, kinds: Tensor) -> Tensor:
        smoothing = self.recipe.label_smoothing
        loss = movement_loss(outputs.logits.float(), labels, smoothing, self.adjustment)
        return loss + KIND_WEIGHT * F.cross_entropy(outputs.kind.float(), kinds)

    def _teacher_loss(
        self, distillation: Distillation, picture: Tensor, outputs: Outputs, labels: Tensor
    ) -> Tensor:
        picture = picture.contiguous(memory_format=torch.channels_last)
        losses = distillation(picture, outputs, labels, self.adjustment)
        verdict = losses.verdict + KIND_WEIGHT * losses.kind
        loss = self.recipe.feature_weight * losses.features + self.recipe.verdict_weight * verdict
        return loss + losses.reading


def mixed(image: Tensor, alpha: float) -> Tensor:
    """Blend each picture with the one before it in the batch (mixup, Zhang et al. 2018).

    Args:
        image: float [N,C,H,W].
        alpha: shares are drawn from Beta(alpha, alpha), one a picture; 1 makes all equally likely.

    Returns:
        The same shape; at least half of each is the picture at its own place.
    """
    share = torch.distributions.Beta(alpha, alpha).sample(image.shape[:1])
    share = torch.minimum(share, 1 - share).to(image.device, non_blocking=True)
    return image.lerp(image.roll(1, 0), share[:, None, None, None])


def make_objective(
    args: argparse.Namespace, recipe: TrainingRecipe, train: Sequence[Record]
) -> ClassifierObjective:
    """The network with its first weights, its teacher, and the loss.

    Args:
        args: the command line of training.classifier.train.
        recipe: the weights of the losses.
        train: the training pictures, which say how common each movement is.

    Raises:
        UserError: first weights or teacher are missing, or of another network.
    """
    network = build(args.network)
    initialise(network, args.network, args.init)
    network.temperature.fill_(1)  # that of `--init` was fitted to other weights
    freeze(network, args.network, args.freeze)
    distillation = _make_distillation(args, network) if args.teacher else None
    adjustment = None
    if recipe.logit_adjustment:
        labels = torch.tensor([record.label for record in train])
        prior = log_prior(labels, network.classifier.out_features)
        adjustment = recipe.logit_adjustment * prior
    return ClassifierObjective(network, distillation, recipe, adjustment)


def _make_distillation(args: argparse.Namespace, network: MovementNetwork) -> Distillation:
    try:
        return make_distillation(args.teacher, network, args.network)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        kind, *files = args.teacher
        raise UserError(f"{' '.join(files)} does not hold the weights of {kind}.") from error
