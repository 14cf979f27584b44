from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from tests.training.classifier.test_teachers import small_inception, trained
from training.classifier.distillation import Distillation
from training.classifier.objective import ClassifierObjective, mixed
from training.classifier.recipes import RECIPES
from training.classifier.teachers import NetworkTeacher
from training.common.errors import UserError
from training.networks import build

IMAGE = torch.randint(0, 256, (4, 48, 48, 3), dtype=torch.uint8)
LABELS, KINDS = torch.tensor([0, 3, -1, -1]), torch.tensor([0, 0, 1, 2])
MIXING = replace(RECIPES["quick"], mixup=1.0)


def taught_by_a_network(tmp_path, recipe):
    trained(tmp_path / "a.safetensors")
    student = build("small_cnn")
    teacher = NetworkTeacher([tmp_path / "a.safetensors"])
    return ClassifierObjective(student, Distillation(teacher, student, "small_cnn"), recipe)


def test_without_a_teacher_the_labels_are_the_only_loss():
    network = build("small_cnn").eval()
    recipe = replace(RECIPES["quick"], label_smoothing=0.0)
    loss, from_teacher, logits = ClassifierObjective(network, None, recipe)(
        IMAGE, 48, LABELS, KINDS
    )
    outputs = network(network.normalise(IMAGE))
    movement = F.cross_entropy(outputs.logits[:2], LABELS[:2])
    torch.testing.assert_close(loss, movement + 0.3 * F.cross_entropy(outputs.kind, KINDS))
    torch.testing.assert_close(logits, outputs.logits)
    assert from_teacher == 0


def test_a_mixture_is_the_picture_and_less_of_the_one_before_it():
    values = torch.tensor([0.0, 0.0, 1.0, 1.0] * 16)
    found = mixed(values.view(-1, 1, 1, 1).expand(-1, 3, 4, 4), 1.0)
    assert torch.equal(found.amin((1, 2, 3)), found.amax((1, 2, 3)))
    share = (found[:, 0, 0, 0] - values).abs()  # of the one before
    alike = values == values.roll(1)
    assert share[alike].max() == 0
    assert share[~alike].max() <= 0.5
    assert len(share[~alike].unique()) == 32


def test_teacher_and_student_see_the_same_mixture(tmp_path):
    objective = taught_by_a_network(tmp_path, MIXING)
    seen = {}
    objective.network.register_forward_pre_hook(lambda _, args: seen.update(student=args[0]))
    objective.distillation.teacher.register_forward_pre_hook(
        lambda _, args: seen.update(teacher=args[0])
    )
    objective(IMAGE, 48, LABELS, KINDS)
    torch.testing.assert_close(seen["student"], objective.network.standardise(seen["teacher"]))
    assert not torch.allclose(seen["teacher"], IMAGE.permute(0, 3, 1, 2) / 255)


def test_the_teacher_gets_the_full_resolution(tmp_path):
    objective = taught_by_a_network(tmp_path, RECIPES["quick"])
    seen = {}
    objective.network.register_forward_pre_hook(lambda _, args: seen.update(student=args[0]))
    objective.distillation.teacher.register_forward_pre_hook(
        lambda _, args: seen.update(teacher=args[0])
    )
    objective(IMAGE, 32, LABELS, KINDS)
    torch.testing.assert_close(seen["teacher"], IMAGE.permute(0, 3, 1, 2) / 255)
    assert seen["student"].shape[2:] == (32, 32)


def test_of_a_mixture_the_teachers_prediction_is_the_only_label(tmp_path):
    losses = []
    for recipe, labels in ((MIXING, LABELS), (MIXING, LABELS.flip(0)), (RECIPES["quick"], LABELS)):
        torch.manual_seed(0)
        objective = taught_by_a_network(tmp_path, recipe).eval()
        loss, from_teacher, _ = objective(IMAGE, 48, labels, KINDS)
        assert (loss == from_teacher) == (recipe is MIXING)
        losses.append(loss)
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_a_recipe_that_mixes_needs_a_teacher_that_classifies(monkeypatch):
    student = build("small_cnn")
    silent = Distillation(small_inception(monkeypatch), student, "small_cnn")
    for distillation in (None, silent):
        with pytest.raises(UserError, match="--teacher network FILE"):
            ClassifierObjective(student, distillation, RECIPES["patient"])
