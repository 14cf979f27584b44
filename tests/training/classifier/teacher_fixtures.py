"""Teachers small enough for tests."""

import torch
from torch import nn

from training.classifier.teachers import InceptionTeacher
from training.networks.inception import CHANNELS


class SmallTrunk(nn.Module):
    """Feature maps of Inception's widths that depend on the picture."""

    def __init__(self, path=None):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.mixers = {
            name: torch.randn(width, 3, generator=generator) for name, width in CHANNELS.items()
        }

    def forward(self, image):
        small = nn.functional.adaptive_avg_pool2d(image, 4)
        return {
            name: torch.einsum("kc,nchw->nkhw", mixer, small).relu()
            for name, mixer in self.mixers.items()
        }


def small_inception(monkeypatch):
    """An InceptionTeacher without Inception's weights."""
    monkeypatch.setattr("training.classifier.teachers.InceptionTrunk", SmallTrunk)
    return InceptionTeacher(["nowhere"])
