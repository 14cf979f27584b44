"""Gradient ascent on the shipped network: it maximizes, is reproducible, and keeps the best."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.explain.feature_visualization.objectives import ActivationObjective, channel, movement
from app.explain.feature_visualization.render import MAX_FAILURES, maximize_activation, render
from app.explain.feature_visualization.rendering_config import RenderingConfig
from app.explain.feature_visualization.truncated_network import TruncatedNetwork

QUICK = RenderingConfig(size=64, steps=12, learning_rate=0.15)
TWO, THREE = "conv2_block6", "conv3_block12"


def values(network, objective, pictures):
    """The objective of pictures, uint8 [N,S,S,3], as they are."""
    truncated = TruncatedNetwork(network, objective.channels, movements=objective.movements)
    batch = torch.tensor(pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        return objective.value(truncated(batch)).numpy()


def scripted_objective(numbers):
    """An objective with these values, one at each step, whatever the picture."""
    calls = iter(numbers)
    return ActivationObjective(
        lambda given: 0 * given[TWO].mean((1, 2, 3)) + next(calls), {TWO: 64}
    )


@pytest.mark.parametrize("objective", [channel(THREE, 300), movement(1)])
def test_a_picture_excites_more_than_any_random_one(network, objective):
    steps = list(maximize_activation(network, objective, QUICK))
    pictures = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)
    smooth = np.kron(pictures[:, ::8, ::8], np.ones((1, 8, 8, 1), np.uint8))
    ours = values(network, objective, steps[-1].picture[None])[0]
    assert ours > values(network, objective, np.concatenate([pictures, smooth])).max()
    assert steps[-1].activation > steps[0].activation


def test_steps_report_progress(network):
    steps = list(maximize_activation(network, channel(TWO, 70), replace(QUICK, steps=4)))
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert {step.total for step in steps} == {4}
    assert all(step.picture.shape == (64, 64, 3) for step in steps)
    assert all(step.picture.dtype == np.uint8 for step in steps)
    assert steps[-1].eta == 0 < steps[0].eta
    assert steps[-1].best == max(step.activation for step in steps)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(network):
    config = replace(QUICK, steps=3)
    first, again, other = (
        list(maximize_activation(network, channel(TWO, 70), config, seed))[-1].picture
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_picture_does_not_depend_on_the_rest_of_the_batch(network):
    config = replace(QUICK, steps=3)
    both = render(network, channel(TWO, [70, 90]), config, [5, 6])
    alone = render(network, channel(TWO, 90), config, [6])
    assert both.shape == (2, 64, 64, 3)
    assert np.abs(both[1].astype(int) - alone[0]).mean() < 2  # bfloat16 has three digits


def test_every_step_holds_the_best_picture_so_far(network):
    steps = []
    run = maximize_activation(network, scripted_objective([1.0, 3.0, 2.0, 0.5, 9.0]), QUICK)
    for _ in range(4):
        steps.append(next(run))
    run.close()
    assert [step.best for step in steps] == [1, 3, 3, 3]
    assert np.array_equal(steps[1].picture, steps[3].picture)
    assert not np.array_equal(steps[0].picture, steps[1].picture)


def test_one_step_with_a_nan_is_skipped(network):
    steps = list(
        maximize_activation(
            network, scripted_objective([1.0, np.nan, 2.0]), replace(QUICK, steps=3)
        )
    )
    assert [step.best for step in steps] == [1, 1, 2]


def test_it_ends_with_the_best_picture_after_too_many_nans(network):
    steps = list(
        maximize_activation(network, scripted_objective([1.0, 2.0] + [np.nan] * 99), QUICK)
    )
    assert steps[-1].step == steps[-1].total == 2 + MAX_FAILURES
    assert steps[-1].best == 2
    assert np.array_equal(steps[-1].picture, steps[1].picture)


def test_no_gradient_is_left_on_the_network(network):
    list(maximize_activation(network, movement(0), replace(QUICK, steps=1)))
    assert not network.training
    assert all(weight.grad is None for weight in network.parameters())


def test_the_l2_penalty_keeps_colours_near_grey(network):
    loud, calm = (
        render(network, channel(TWO, 70), replace(QUICK, l2=l2), [0]) for l2 in (0.0, 5.0)
    )
    assert calm.std() < 0.8 * loud.std()
