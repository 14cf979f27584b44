"""Teaching a small network what an ImageNet-trained trunk sees.

Three losses, each against the teacher's view of the very same crop (Beyer et al. 2022 call this
function matching): feature maps at two depths and the pooled vector, all standardised per channel
(FitNets, Romero et al. 2015), and the softened verdict (Hinton et al. 2015) of a linear reading of
the teacher's pooled vector, which is itself trained alongside on the labels.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.networks import MovementNetwork, Outputs
from training.networks.inception import CHANNELS, InceptionTrunk

TEACHERS: dict[str, Callable[[Path], nn.Module]] = {"inception_v3": InceptionTrunk}
"""Trunks by name: float RGB in [0,1] [N,3,H,W] -> feature maps by name."""

MIDDLE_LAYER = {
    "densenet121": ("denseblock3", 1024),
    "resnet18": ("layer3", 256),
    "resnet50": ("layer3", 1024),
    "small_cnn": ("11", 192),
}
"""The student's layer at 1/16 resolution, and its channels: it is taught the teacher's mixed_7."""

PAIRS = {"middle": "mixed_7", "last": "mixed_8"}


def pooled(maps: dict[str, Tensor]) -> Tensor:
    """One float32 vector a picture: means of three depths and deviations of mixed_5 [N,3584]."""
    means = [maps[name].float().mean((2, 3)) for name in ("mixed_5", "mixed_7", "mixed_8")]
    return torch.cat([*means, maps["mixed_5"].float().std((2, 3))], 1)


POOLED_CHANNELS = 2 * CHANNELS["mixed_5"] + CHANNELS["mixed_7"] + CHANNELS["mixed_8"]


class DistillationLosses(NamedTuple):
    """Scalars: feature mismatch, verdict mismatch, and the teacher's own linear reading."""

    features: Tensor
    verdict: Tensor
    reading: Tensor


class Distillation(nn.Module):
    """A frozen teacher and the small layers that compare a student with it.

    Args:
        teacher: a trunk of TEACHERS.
        student: the network to teach; its middle layer is observed by a hook for good.
        name: the student's architecture, a key of MIDDLE_LAYER.
        softness: temperature of the verdicts that are compared.
    """

    def __init__(
        self,
        teacher: nn.Module,
        student: MovementNetwork,
        name: str,
        softness: float = 2.0,
    ) -> None:
        super().__init__()
        self.teacher = teacher
        self.softness = softness
        layer, middle_channels = MIDDLE_LAYER[name]
        channels = (middle_channels, student.norm.num_features)
        self.adapters = nn.ModuleDict(
            {
                where: nn.Conv2d(width, CHANNELS[taught], 1)
                for (where, taught), width in zip(PAIRS.items(), channels, strict=True)
            }
        )
        self.standards = nn.ModuleDict(
            {
                where: nn.BatchNorm2d(CHANNELS[taught], affine=False)
                for where, taught in PAIRS.items()
            }
        )
        self.vector_adapter = nn.Linear(channels[1], POOLED_CHANNELS)
        self.vector_standard = nn.BatchNorm1d(POOLED_CHANNELS, affine=False)
        self.reading = nn.Linear(POOLED_CHANNELS, student.classifier.out_features)
        self._middle: Tensor
        student.features.get_submodule(layer).register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        self._middle = output

    def forward(self, image: Tensor, student: Outputs, labels: Tensor) -> DistillationLosses:
        """Compare the student's outputs with the teacher's on the same pictures.

        Args:
            image: what the teacher sees, float RGB in [0,1] [N,3,H,W]; any size.
            student: the student's outputs on the same crops.
            labels: int64 [N], -1 where a picture has no movement.
        """
        with torch.no_grad():
            maps = self.teacher(image)
            vector = self.vector_standard(pooled(maps))
        observed = {"middle": self._middle, "last": student.features}
        losses = [
            self._map_loss(where, observed[where], maps[taught]) for where, taught in PAIRS.items()
        ]
        losses.append(F.mse_loss(self.vector_adapter(student.embedding), vector))
        verdict = self.reading(F.dropout(vector, 0.5, self.training))
        return DistillationLosses(
            torch.stack(losses).mean(),
            self._verdict_loss(student.logits, self.reading(vector).detach()),
            F.cross_entropy(verdict, labels, ignore_index=-1),
        )

    def _map_loss(self, where: str, ours: Tensor, taught: Tensor) -> Tensor:
        """Mean squared error of standardised maps, on the coarser of the two grids."""
        grid = min(ours.shape[2], taught.shape[2])
        target = self.standards[where](F.adaptive_avg_pool2d(taught.float(), grid))
        guess = self.adapters[where](F.adaptive_avg_pool2d(ours.float(), grid))
        return F.mse_loss(guess.float(), target)

    def _verdict_loss(self, logits: Tensor, taught: Tensor) -> Tensor:
        ours = F.log_softmax(logits.float() / self.softness, 1)
        theirs = F.softmax(taught.float() / self.softness, 1)
        return self.softness**2 * F.kl_div(ours, theirs, reduction="batchmean")


def make_distillation(
    teacher: tuple[str, str], student: MovementNetwork, name: str
) -> Distillation:
    """A teacher ready to teach.

    Args:
        teacher: a key of TEACHERS, and the file of its weights.
        student: the network to teach.
        name: the student's architecture.

    Raises:
        ValueError: there is no teacher of that name.
    """
    if teacher[0] not in TEACHERS:
        raise ValueError(f"unknown teacher {teacher[0]!r}; choose one of {', '.join(TEACHERS)}")
    return Distillation(TEACHERS[teacher[0]](Path(teacher[1])), student, name)
