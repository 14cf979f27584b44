import pytest
import torch
from torch import nn

from training.distillation import POOLED_CHANNELS, Distillation, make_distillation, pooled
from training.errors import UserError
from training.networks import build
from training.networks.inception import CHANNELS


class SmallTeacher(nn.Module):
    """Feature maps of the right widths that depend on the picture."""

    def __init__(self):
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


def test_pooled_vector_has_the_width_it_says():
    assert pooled(SmallTeacher()(torch.rand(2, 3, 64, 64))).shape == (2, POOLED_CHANNELS)


@pytest.mark.parametrize("name", ["small_cnn", "resnet18", "vit_tiny"])
def test_a_student_learns_what_its_teacher_sees(name):
    torch.manual_seed(0)
    student = build(name)
    distillation = Distillation(SmallTeacher(), student, name)
    parameters = [*student.parameters(), *distillation.parameters()]
    optimiser = torch.optim.Adam(parameters, 1e-3)
    image, labels = torch.rand(8, 3, 64, 64), torch.tensor([0, 1, 2, 3, 4, -1, -1, 0])
    history = []
    for _ in range(12):
        losses = distillation(image, student(image), labels)
        total = losses.features + losses.verdict + losses.reading
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        history.append(float(losses.features.detach()))
    assert history[-1] < 0.8 * history[0]


def test_unknown_teacher_is_named():
    with pytest.raises(UserError, match="vgg"):
        make_distillation(("vgg", "nowhere"), build("small_cnn"), "small_cnn")
