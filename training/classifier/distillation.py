"""Distillation: one network learns the outputs of another on the same crops.

Beyer et al. ("Knowledge distillation: a good teacher is patient and consistent", 2022) call this
function matching. Compared are feature maps and the pooled vector, all standardised per channel
(FitNets, Romero et al. 2015), and the softened verdict (Hinton et al. 2015). A teacher that knows
no movements gets a linear reading of its vector for one, which is trained alongside on the labels.
"""

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.classifier.losses import movement_loss
from training.classifier.teachers import Teacher, teacher_class
from training.networks import MovementNetwork, Outputs


class DistillationLosses(NamedTuple):
    """Scalars, 0 where a teacher has no such thing.

    Mismatch of features, of the verdict on the movement and of that on the kind; and the loss of
    the teacher's own linear reading.
    """

    features: Tensor
    verdict: Tensor
    kind: Tensor
    reading: Tensor


class Distillation(nn.Module):
    """A teacher and the small layers that compare a student with it.

    Args:
        teacher: the teacher.
        student: the network to teach; its inner layers are observed by hooks for good.
        name: the student's architecture.
        softness: temperature of the verdicts that are compared.
    """

    def __init__(
        self, teacher: Teacher, student: MovementNetwork, name: str, softness: float = 2.0
    ) -> None:
        super().__init__()
        self.teacher = teacher
        self.softness = softness
        self.layers = teacher.layers(name)
        self._observed: dict[str, Tensor] = {}
        for layer in set(self.layers.values()) - {"last"}:
            hook = functools.partial(self._observe, layer)
            student.features.get_submodule(layer).register_forward_hook(hook)
        self.adapters = nn.ModuleDict()
        self.standards = nn.ModuleDict()
        widths = self._widths(student)
        for name, layer in self.layers.items():  # the teacher's, the student's
            width, teacher_width = widths[layer], teacher.channels[name]
            # Post-ReLU maps have large means; centred ones let Adam's steps hit what differs.
            centre = nn.BatchNorm2d(width, affine=False)
            self.adapters[name] = nn.Sequential(centre, nn.Conv2d(width, teacher_width, 1))
            self.standards[name] = nn.BatchNorm2d(teacher_width, affine=False)
        width = student.norm.num_features
        centre_vector = nn.BatchNorm1d(width, affine=False)
        self.vector_adapter = nn.Sequential(centre_vector, nn.Linear(width, teacher.width))
        self.vector_standard = nn.BatchNorm1d(teacher.width, affine=False)
        self.reading: nn.Linear | None = None
        if not teacher.classifies:
            self.reading = nn.Linear(teacher.width, student.classifier.out_features)

    def _observe(
        self, layer: str, module: nn.Module, inputs: tuple[Tensor], output: Tensor
    ) -> None:
        self._observed[layer] = output

    @torch.no_grad()
    def _widths(self, student: MovementNetwork) -> dict[str, int]:
        """Channels of each layer that is compared, by a trial on an empty picture."""
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
            labels: int64 [N], -1 where a picture has no movement; used only where the teacher does
                not classify by itself.
            adjustment: float32 [K], which the student's own loss adds to its movement logits. With
                it they are at the data's own frequencies, as are those of a teacher that
                classifies; a linear reading is trained with it, as the student is.
        """
        with torch.no_grad():
            seen = self.teacher(image)
            vector = self.vector_standard(seen.vector)
        observed = {**self._observed, "last": student.features}
        losses = [
            self._map_loss(name, observed[layer], seen.maps[name])
            for name, layer in self.layers.items()
        ]
        losses.append(F.mse_loss(self.vector_adapter(student.embedding), vector))
        kind = reading = vector.new_zeros(())
        ours, verdict = student.logits, seen.logits
        if self.reading is None:
            kind = self._verdict_loss(student.kind, seen.kind)
            ours = ours if adjustment is None else ours + adjustment
        else:
            verdict, reading = self._read(self.reading, vector, labels, adjustment)
        return DistillationLosses(
            torch.stack(losses).mean(), self._verdict_loss(ours, verdict), kind, reading
        )

    def _read(
        self, layer: nn.Linear, vector: Tensor, labels: Tensor, adjustment: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """A linear reading of the teacher's vector [N,D]: logits [N,K], and its own loss."""
        scaled = vector / math.sqrt(vector.shape[1])  # so many inputs would make Adam leap
        verdict = layer(F.dropout(scaled, 0.5, self.training))
        loss = movement_loss(verdict, labels, adjustment=adjustment)
        return layer(scaled).detach(), loss

    def _map_loss(self, name: str, student: Tensor, teacher: Tensor) -> Tensor:
        """Mean squared error of standardised maps, on the coarser of the two grids."""
        grid = min(student.shape[2], teacher.shape[2])
        target = self.standards[name](F.adaptive_avg_pool2d(teacher.float(), grid))
        found = self.adapters[name](F.adaptive_avg_pool2d(student.float(), grid))
        return F.mse_loss(found.float(), target)

    def _verdict_loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Kullback-Leibler divergence of softened probabilities, from logits [N,K]."""
        found = F.log_softmax(student.float() / self.softness, 1)
        target = F.softmax(teacher.float() / self.softness, 1)
        return self.softness**2 * F.kl_div(found, target, reduction="batchmean")


def make_distillation(teacher: Sequence[str], student: MovementNetwork, name: str) -> Distillation:
    """Make the teacher of a student.

    Args:
        teacher: its name, and the file or files of its weights.
        student: the network to teach.
        name: the student's architecture.

    Raises:
        UserError: there is no teacher of that name, or it cannot be made of these files.
        OSError: a file is not there.
    """
    kind, *files = teacher
    return Distillation(teacher_class(kind)([Path(file) for file in files]), student, name)
