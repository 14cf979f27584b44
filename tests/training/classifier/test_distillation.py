import copy

import pytest
import torch

from tests.training.classifier.test_teachers import small_inception, trained
from training.classifier.distillation import Distillation, make_distillation
from training.classifier.teachers import NetworkTeacher
from training.common.errors import UserError
from training.networks import build, save

LABELS = torch.tensor([0, 1, 2, 3, 4, -1, -1, 0])


def distill(distillation, student, steps=12):
    """The losses of some steps in which a student learns."""
    parameters = [*student.parameters(), *distillation.parameters()]
    optimiser = torch.optim.Adam([p for p in parameters if p.requires_grad], 1e-3)
    image = torch.rand(8, 3, 64, 64)
    history = []
    for _ in range(steps):
        losses = distillation(image, student(student.standardise(image)), LABELS)
        optimiser.zero_grad()
        sum(losses).backward()
        optimiser.step()
        history.append(losses)
    return history


@pytest.mark.parametrize("name", ["small_cnn", "resnet18", "vit_tiny", "efficientnet_lite2"])
def test_a_student_learns_what_its_teacher_sees(name, monkeypatch):
    torch.manual_seed(0)
    student = build(name)
    history = distill(Distillation(small_inception(monkeypatch), student, name), student)
    assert history[-1].features < 0.8 * history[0].features
    assert history[-1].reading < history[0].reading
    assert history[0].kind == 0


def test_a_student_learns_what_other_networks_see_and_say(tmp_path):
    torch.manual_seed(0)
    files = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    trained(files[0], "vit_tiny")
    trained(files[1], "small_cnn")
    student = build("small_cnn")
    distillation = make_distillation(("network", *map(str, files)), student, "small_cnn")
    history = distill(distillation, student)
    assert history[-1].features < 0.8 * history[0].features
    assert history[-1].verdict < history[0].verdict
    assert history[-1].kind < history[0].kind
    assert history[0].reading == 0


def test_a_student_equal_to_its_teacher_has_no_loss(tmp_path):
    network = trained(tmp_path / "a.safetensors")
    student = copy.deepcopy(network)
    distillation = Distillation(NetworkTeacher([tmp_path / "a.safetensors"]), student, "small_cnn")
    image = torch.rand(8, 3, 64, 64)
    with torch.inference_mode():
        outputs = student(student.standardise(image))
        same = distillation(image, outputs, LABELS)
        other = distillation(image, outputs._replace(logits=3 - outputs.logits * 9), LABELS)
    assert same.verdict.item() == pytest.approx(0, abs=1e-6)
    assert same.kind.item() == pytest.approx(0, abs=1e-6)
    assert other.verdict > 0.01


def test_teacher_and_student_are_compared_at_the_datas_own_frequencies(tmp_path):
    """Whatever was added to the logits of either in training, see losses.log_prior."""
    network = trained(tmp_path / "natural.safetensors")
    balanced, adjustment = copy.deepcopy(network), torch.tensor([-0.5, -1.0, -1.5, -2.0, -3.0])
    with torch.no_grad():
        balanced.classifier.bias -= network.temperature * adjustment
    card = {"training": {"adjustment": adjustment.tolist()}}
    save(tmp_path / "balanced.safetensors", balanced, "small_cnn", card)
    image = torch.rand(8, 3, 64, 64)
    with torch.inference_mode():
        outputs = network(network.standardise(image))
        outputs = outputs._replace(logits=outputs.logits / network.temperature)
        ours = outputs._replace(logits=outputs.logits - adjustment)
        for name in ("natural", "balanced"):
            teacher = NetworkTeacher([tmp_path / f"{name}.safetensors"])
            distillation = Distillation(teacher, copy.deepcopy(network), "small_cnn")
            same = distillation(image, ours, LABELS, adjustment)
            other = distillation(image, ours, LABELS)
            assert same.verdict.item() == pytest.approx(0, abs=1e-6)
            assert other.verdict > 0.01


def test_unknown_teacher_is_named():
    with pytest.raises(UserError, match="vgg"):
        make_distillation(("vgg", "nowhere"), build("small_cnn"), "small_cnn")
