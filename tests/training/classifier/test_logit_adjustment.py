from types import SimpleNamespace

import pytest
import torch
from torch import nn

from training.classifier.losses import log_prior, movement_loss
from training.classifier.objective import KIND_WEIGHT, ClassifierObjective
from training.classifier.recipes import Stage, TrainingRecipe
from training.networks import build


class Listener(nn.Module):
    """A distillation without losses, which keeps what it is given."""

    def forward(self, *given):
        self.given = given
        nothing = torch.zeros(())
        return SimpleNamespace(features=nothing, verdict=nothing, kind=nothing, reading=nothing)


@pytest.fixture
def batch():
    torch.manual_seed(0)
    image = torch.randint(0, 256, (6, 32, 32, 3), dtype=torch.uint8)
    return image, 32, torch.tensor([0, 0, 1, 2, -1, 4]), torch.tensor([0, 0, 0, 0, 1, 0])


def test_adjustment_enters_the_loss_but_not_the_logits(batch):
    prior = log_prior(torch.tensor([0, 0, 0, 1, 2, 3, 4]), 5)
    network = build("small_cnn").eval()
    recipe = TrainingRecipe(stages=(Stage(32, 1, 6),))
    plain, _, logits = ClassifierObjective(network, None, recipe)(*batch)
    adjusted, _, same = ClassifierObjective(network, None, recipe, 0.5 * prior)(*batch)
    torch.testing.assert_close(same, logits)
    smoothing = recipe.label_smoothing
    expected = movement_loss(logits + 0.5 * prior, batch[2], smoothing)
    torch.testing.assert_close(
        adjusted - plain, expected - movement_loss(logits, batch[2], smoothing)
    )
    kinds = nn.functional.cross_entropy(network(network.normalise(batch[0])).kind, batch[3])
    torch.testing.assert_close(adjusted, expected + KIND_WEIGHT * kinds)


def test_the_teachers_reading_is_adjusted_alike(batch):
    distillation, prior = Listener(), torch.randn(5)
    objective = ClassifierObjective(
        build("small_cnn"), distillation, TrainingRecipe(stages=()), prior
    )
    objective(*batch)
    assert distillation.given[-1] is objective.adjustment
    torch.testing.assert_close(objective.adjustment, prior)


def test_checkpoints_do_not_hold_what_the_manifest_says():
    objective = ClassifierObjective(
        build("small_cnn"), None, TrainingRecipe(stages=()), torch.zeros(5)
    )
    assert "adjustment" not in objective.state_dict()
