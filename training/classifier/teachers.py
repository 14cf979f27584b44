"""Trained networks, frozen, that another one learns from: see training.classifier.distillation."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.common.errors import UserError
from training.networks import MovementNetwork, load
from training.networks.inception import CHANNELS, InceptionTrunk


class TeacherOutputs(NamedTuple):
    """A teacher's outputs for N pictures.

    `maps`, float [N,C,h,w] by name; `vector` [N,D]; and, of a teacher that classifies, `logits`
    [N,K] over movements and `kind` [N,3] over KINDS.
    """

    maps: dict[str, Tensor]
    vector: Tensor
    logits: Tensor | None = None
    kind: Tensor | None = None


class Teacher(nn.Module):
    """A frozen network, for good in evaluation mode.

    Attributes:
        size: side in pixels of the pictures that it sees best.
        name: its architecture, for the student's card.
        channels: of each of its maps.
        width: of its vector.
        classifies: whether it was trained to tell movements and kinds.
    """

    size: int
    name: str
    channels: Mapping[str, int]
    width: int
    classifies: bool

    def layers(self, student: str) -> dict[str, str]:
        """The layer of a student, "last" or a module of its trunk, that learns each of the maps."""
        raise NotImplementedError

    def forward(self, image: Tensor) -> TeacherOutputs:
        """RGB float in [0,1] [N,3,H,W], of any size."""
        raise NotImplementedError

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, also where the enclosing module is set to training."""
        return super().train(False)


INCEPTION_LAYERS = {
    "densenet121": {"stem": "denseblock1", "mixed_2": "denseblock2", "mixed_7": "denseblock3"},
    "efficientnet_lite2": {"stem": "_blocks.3", "mixed_2": "_blocks.6", "mixed_7": "_blocks.14"},
    "resnet18": {"stem": "layer1", "mixed_2": "layer2", "mixed_7": "layer3"},
    "resnet50": {"stem": "layer1", "mixed_2": "layer2", "mixed_7": "layer3"},
    "small_cnn": {"stem": "5", "mixed_2": "8", "mixed_7": "11"},
    "vit_tiny": {"mixed_2": "block3", "mixed_5": "block6", "mixed_7": "block9"},
}
"""Which layer of a student learns each of Inception's maps; the last one learns mixed_8."""


class InceptionTeacher(Teacher):
    """An ImageNet-trained Inception-v3: maps from shallow to deep, and no verdict on movements.

    Args:
        files: one, with the trunk's weights.
    """

    size = 128
    name = "inception_v3"
    channels = CHANNELS
    width = 2 * CHANNELS["mixed_5"] + CHANNELS["mixed_7"] + CHANNELS["mixed_8"]
    classifies = False

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        if len(files) != 1:
            raise UserError(f"{self.name} needs one file of weights, not {len(files)}")
        self.trunk = InceptionTrunk(files[0])

    def layers(self, student: str) -> dict[str, str]:
        """A layer for three maps or more, and the last one for mixed_8."""
        return {**INCEPTION_LAYERS[student], "mixed_8": "last"}

    def forward(self, image: Tensor) -> TeacherOutputs:
        """RGB float in [0,1] [N,3,H,W] to maps and one float32 vector a picture, [N,3584]."""
        maps = self.trunk(image)
        means = [maps[name].float().mean((2, 3)) for name in ("mixed_5", "mixed_7", "mixed_8")]
        return TeacherOutputs(maps, torch.cat([*means, maps["mixed_5"].float().std((2, 3))], 1))


class NetworkTeacher(Teacher):
    """Movement classifiers trained before; several classify by the mean of their probabilities.

    Args:
        files: what `training.networks.load` reads, one for each.
    """

    size = 224
    classifies = True

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        loaded = [load(path) for path in files]
        self.name = " and ".join(dict.fromkeys(card["network"] for _, card in loaded))
        self.networks = nn.ModuleList(network for network, _ in loaded)
        added = [
            card.get("training", {}).get("adjustment") or [0.0] * network.classifier.out_features
            for network, card in loaded
        ]
        self.adjustments: Tensor
        self.register_buffer("adjustments", torch.tensor(added), persistent=False)
        self.channels = {
            f"network{i}": network.norm.num_features for i, (network, _) in enumerate(loaded)
        }
        self.width = sum(self.channels.values())
        self.requires_grad_(False)
        self.train()

    def layers(self, student: str) -> dict[str, str]:
        """The student's last map learns the last of each network."""
        return dict.fromkeys(self.channels, "last")

    def forward(self, image: Tensor) -> TeacherOutputs:
        """RGB float in [0,1] [N,3,H,W] to last maps, embeddings one after the other, verdicts.

        The verdicts are logarithms of probabilities; those of movements are calibrated, and at the
        frequencies of the teacher's own training pictures, see `losses.log_prior`.
        """
        maps, vectors, movements, kinds = {}, [], [], []
        known = zip(self.channels, self.networks, self.adjustments, strict=True)
        for name, network, adjustment in known:
            assert isinstance(network, MovementNetwork)
            outputs = network(network.standardise(image))
            maps[name] = outputs.features
            vectors.append(outputs.embedding.float())
            logits = outputs.logits.float() / network.temperature
            movements.append(F.log_softmax(logits + adjustment, 1))
            kinds.append(F.log_softmax(outputs.kind.float(), 1))
        return TeacherOutputs(maps, torch.cat(vectors, 1), _mean(movements), _mean(kinds))


def _mean(verdicts: list[Tensor]) -> Tensor:
    """Logarithm of the mean of probabilities that are given as logarithms."""
    together = torch.stack(verdicts)
    return together.logsumexp(0) - math.log(len(verdicts))


TEACHERS: dict[str, type[Teacher]] = {"inception_v3": InceptionTeacher, "network": NetworkTeacher}
"""The teachers that `--teacher` knows; each is made of files."""


def teacher_class(name: str) -> type[Teacher]:
    """The class of a teacher by its name.

    Raises:
        UserError: there is none.
    """
    if name not in TEACHERS:
        raise UserError(f"unknown teacher {name!r}; choose one of {', '.join(TEACHERS)}")
    return TEACHERS[name]
