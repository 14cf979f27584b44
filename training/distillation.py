"""Teaching a small network what an ImageNet-trained trunk sees.

Three losses, each against the teacher's view of the very same crop (Beyer et al. 2022 call this
function matching): feature maps at four depths and the pooled vector, all standardised per channel
(FitNets, Romero et al. 2015), and the softened verdict (Hinton et al. 2015) of a linear reading of
the teacher's pooled vector, which is itself trained alongside on the labels.
"""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.errors import UserError
from training.losses import movement_loss
from training.networks import MovementNetwork, Outputs
from training.networks.inception import CHANNELS, InceptionTrunk

TEACHERS: dict[str, Callable[[Path], nn.Module]] = {"inception_v3": InceptionTrunk}
"""Trunks by name: float RGB in [0,1] [N,3,H,W] -> feature maps by name."""

TAUGHT = {
    "densenet121": {"denseblock1": "stem", "denseblock2": "mixed_2", "denseblock3": "mixed_7"},
    "resnet18": {"layer1": "stem", "layer2": "mixed_2", "layer3": "mixed_7"},
    "resnet50": {"layer1": "stem", "layer2": "mixed_2", "layer3": "mixed_7"},
    "small_cnn": {"5": "stem", "8": "mixed_2", "11": "mixed_7"},
    "vit_tiny": {"block3": "mixed_2", "block6": "mixed_5", "block9": "mixed_7"},
}
"""Which of the teacher's maps each layer of a student is taught; the last gets mixed_8."""


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
        student: the network to teach; its inner layers are observed by hooks for good.
        name: the student's architecture, a key of TAUGHT.
        softness: temperature of the verdicts that are compared.
    """

    def __init__(
        self, teacher: nn.Module, student: MovementNetwork, name: str, softness: float = 2.0
    ) -> None:
        super().__init__()
        self.teacher = teacher
        self.softness = softness
        self.taught = {**TAUGHT[name], "last": "mixed_8"}
        self._observed: dict[str, Tensor] = {}
        for layer in TAUGHT[name]:
            hook = functools.partial(self._observe, layer)
            student.features.get_submodule(layer).register_forward_hook(hook)
        self.adapters = nn.ModuleDict()
        self.standards = nn.ModuleDict()
        for layer, width in self._widths(student).items():
            taught_width = CHANNELS[self.taught[layer]]
            # Post-ReLU maps have large means; centred ones let Adam's steps hit what differs.
            centre = nn.BatchNorm2d(width, affine=False)
            self.adapters[layer] = nn.Sequential(centre, nn.Conv2d(width, taught_width, 1))
            self.standards[layer] = nn.BatchNorm2d(taught_width, affine=False)
        width = student.norm.num_features
        centre_vector = nn.BatchNorm1d(width, affine=False)
        self.vector_adapter = nn.Sequential(centre_vector, nn.Linear(width, POOLED_CHANNELS))
        self.vector_standard = nn.BatchNorm1d(POOLED_CHANNELS, affine=False)
        self.reading = nn.Linear(POOLED_CHANNELS, student.classifier.out_features)

    def _observe(
        self, layer: str, module: nn.Module, inputs: tuple[Tensor], output: Tensor
    ) -> None:
        self._observed[layer] = output

    @torch.no_grad()
    def _widths(self, student: MovementNetwork) -> dict[str, int]:
        """Channels of each layer that is taught, by a trial on an empty picture."""
        training = student.training
        last = student.eval()(torch.zeros(1, 3, 64, 64)).features
        student.train(training)
        return {name: maps.shape[1] for name, maps in {**self._observed, "last": last}.items()}

    def forward(
        self, image: Tensor, student: Outputs, labels: Tensor, adjustment: Tensor | None = None
    ) -> DistillationLosses:
        """Compare the student's outputs with the teacher's on the same pictures.

        Args:
            image: what the teacher sees, float RGB in [0,1] [N,3,H,W]; any size.
            student: the student's outputs on the same crops.
            labels: int64 [N], -1 where a picture has no movement.
            adjustment: float32 [K], as in the student's own loss, lest the two disagree.
        """
        with torch.no_grad():
            maps = self.teacher(image)
            vector = self.vector_standard(pooled(maps))
            scaled = vector / math.sqrt(POOLED_CHANNELS)  # so many inputs would make Adam leap
        observed = {**self._observed, "last": student.features}
        losses = [
            self._map_loss(layer, observed[layer], maps[taught])
            for layer, taught in self.taught.items()
        ]
        losses.append(F.mse_loss(self.vector_adapter(student.embedding), vector))
        verdict = self.reading(F.dropout(scaled, 0.5, self.training))
        return DistillationLosses(
            torch.stack(losses).mean(),
            self._verdict_loss(student.logits, self.reading(scaled).detach()),
            movement_loss(verdict, labels, adjustment=adjustment),
        )

    def _map_loss(self, layer: str, ours: Tensor, taught: Tensor) -> Tensor:
        """Mean squared error of standardised maps, on the coarser of the two grids."""
        grid = min(ours.shape[2], taught.shape[2])
        target = self.standards[layer](F.adaptive_avg_pool2d(taught.float(), grid))
        guess = self.adapters[layer](F.adaptive_avg_pool2d(ours.float(), grid))
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
        UserError: there is no teacher of that name.
    """
    if teacher[0] not in TEACHERS:
        raise UserError(f"unknown teacher {teacher[0]!r}; choose one of {', '.join(TEACHERS)}")
    return Distillation(TEACHERS[teacher[0]](Path(teacher[1])), student, name)
