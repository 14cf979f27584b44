import math

import pytest
import torch

from app.optimize.objective import Terms
from app.optimize.optimizers import LBFGS, Adam

GOAL = torch.tensor([-0.5, 0.2, 0.9]).view(1, 3, 1, 1).expand(1, 3, 4, 6)
STEEP = torch.linspace(1, 30, 24).view(1, 1, 4, 6)


def bowl(picture):
    """Squared distance to a goal that lies partly beyond black, more important to the right."""
    distance = (STEEP * (picture - GOAL).square()).mean()
    return Terms(distance, distance, distance, distance)


def broken(*_):
    nothing = torch.tensor(math.nan, requires_grad=True) * _[0].sum()
    return Terms(nothing, nothing, nothing, nothing)


def grey():
    return torch.full((1, 3, 4, 6), 0.5)


@pytest.mark.parametrize(
    "optimizer", [Adam(grey(), 0.05, 0.5), LBFGS(grey())], ids=["adam", "lbfgs"]
)
def test_the_minimum_inside_the_bounds_is_found(optimizer):
    losses = [optimizer.step(bowl)[-1] for _ in range(60)]
    torch.testing.assert_close(optimizer.best, GOAL.clamp(0, 1), atol=0.02, rtol=0)
    assert losses[-1] < losses[0]


def test_lbfgs_never_increases_the_loss_and_uses_curvature():
    optimizer = LBFGS(grey())
    losses = [optimizer.step(bowl)[-1] for _ in range(25)]
    assert losses == sorted(losses, reverse=True)
    torch.testing.assert_close(optimizer.best, GOAL.clamp(0, 1), atol=1e-3, rtol=0)


def test_adam_averages_its_iterates():
    optimizer = Adam(grey(), 0.1, 0.9)
    torch.testing.assert_close(optimizer.best, grey())
    iterates = []
    for _ in range(3):
        optimizer.step(bowl)
        iterates.append(optimizer.picture)
    weights = torch.tensor([0.81, 0.9, 1]).view(3, 1, 1, 1, 1)
    expected = (torch.stack(iterates) * weights).sum(0) / weights.sum()
    torch.testing.assert_close(optimizer.best, expected)


@pytest.mark.parametrize(
    "optimizer", [Adam(grey(), 0.1, 0.9), LBFGS(grey())], ids=["adam", "lbfgs"]
)
def test_losses_that_are_not_finite_restore_the_last_good_picture(optimizer):
    for _ in range(3):
        optimizer.step(bowl)
    if isinstance(optimizer, LBFGS):
        optimizer.found = None  # it would not judge this picture again
    assert optimizer.step(broken) is None
    assert optimizer.failures == 1
    assert optimizer.picture.isfinite().all()
    assert optimizer.step(bowl)[-1] < bowl(grey()).total
    assert optimizer.failures == 0


def test_adam_takes_smaller_steps_after_a_failure():
    optimizer = Adam(grey(), 0.1, 0.9)
    optimizer.step(broken)
    torch.testing.assert_close(optimizer.best, grey())
    assert optimizer.rate == 0.05


def test_a_resized_optimizer_continues_from_its_picture():
    optimizer = Adam(grey(), 0.05, 0.5)
    for _ in range(5):
        optimizer.step(bowl)
    larger = optimizer.resized(8, 12)
    assert larger.best.shape == (1, 3, 8, 12)
    torch.testing.assert_close(larger.best.mean(), optimizer.best.mean(), atol=0.01, rtol=0)
    # Four times the pixels: a mean over them has a quarter of the slope at each.
    torch.testing.assert_close(larger.first.sum(), optimizer.first.sum(), atol=1e-3, rtol=0.1)
