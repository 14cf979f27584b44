from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from training.classifier.losses import log_prior, movement_loss
from training.classifier.objective import KIND_WEIGHT, ClassifierObjective
from training.classifier.recipes import Stage, TrainingRecipe
from training.networks import build


def test_pictures_without_a_movement_do_not_count():
    torch.manual_seed(0)
    logits, labels = torch.randn(4, 5), torch.tensor([2, -1, 0, -1])
    expected = F.cross_entropy(logits[[0, 2]], labels[[0, 2]], label_smoothing=0.1)
    torch.testing.assert_close(movement_loss(logits, labels, 0.1), expected)


def test_a_batch_without_any_movement_costs_nothing():
    logits = torch.randn(3, 5, requires_grad=True)
    loss = movement_loss(logits, torch.full((3,), -1))
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_the_prior_is_each_movements_share_of_the_labelled_pictures():
    labels = torch.tensor([0, 0, -1, 1, 2, 0, -1])
    torch.testing.assert_close(log_prior(labels, 3).exp(), torch.tensor([0.6, 0.2, 0.2]))


def test_adjusted_logits_do_not_learn_class_frequencies():
    """Pictures that say nothing: with plain cross-entropy their logits become the log prior."""
    labels = torch.tensor([0] * 8 + [1] * 2)
    prior = log_prior(labels, 2)
    for tau in (0.0, 0.5, 1.0):
        bias = torch.zeros(2, requires_grad=True)
        optimiser = torch.optim.LBFGS([bias], max_iter=50, line_search_fn="strong_wolfe")

        def loss(bias=bias, optimiser=optimiser, tau=tau):
            optimiser.zero_grad()
            found = movement_loss(bias.expand(10, 2), labels, adjustment=tau * prior)
            found.backward()
            return found

        optimiser.step(loss)
        expected = (1 - tau) * (prior[0] - prior[1])
        torch.testing.assert_close(bias.diff().neg()[0].detach(), expected, atol=1e-3, rtol=0)


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


def test_the_teachers_linear_reading_gets_the_same_adjustment(batch):
    distillation, prior = Listener(), torch.randn(5)
    objective = ClassifierObjective(
        build("small_cnn"), distillation, TrainingRecipe(stages=()), prior
    )
    objective(*batch)
    assert distillation.given[-1] is objective.adjustment
    torch.testing.assert_close(objective.adjustment, prior)


def test_checkpoints_do_not_hold_the_adjustment():
    objective = ClassifierObjective(
        build("small_cnn"), None, TrainingRecipe(stages=()), torch.zeros(5)
    )
    assert "adjustment" not in objective.state_dict()
