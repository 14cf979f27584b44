"""Going uphill: it pleases the shipped network, repeats itself, and keeps the best."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.explain.feature_visualization.objectives import ActivationObjective, channel, movement
from app.explain.feature_visualization.recipes import RenderingRecipe
from app.explain.feature_visualization.render import MOST_FAILURES, maximize_activation, render
from app.explain.feature_visualization.truncated_network import TruncatedNetwork

QUICK = RenderingRecipe(size=64, steps=12, rate=0.15)
TWO, THREE = "conv2_block6", "conv3_block12"


def values(reader, objective, pictures):
    """The objective of pictures, uint8 [N,S,S,3], as they are."""
    truncated = TruncatedNetwork(reader, objective.needs, movements=objective.movements)
    batch = torch.tensor(pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        return objective.value(truncated(batch)).numpy()


def of_call(numbers):
    """An objective that says these numbers, one at each step, whatever it sees."""
    calls = iter(numbers)
    return ActivationObjective(lambda seen: 0 * seen[TWO].mean((1, 2, 3)) + next(calls), {TWO: 64})


@pytest.mark.parametrize("objective", [channel(THREE, 300), movement(1)])
def test_a_picture_pleases_more_than_any_random_one(reader, objective):
    steps = list(maximize_activation(reader, objective, QUICK))
    pictures = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)
    smooth = np.kron(pictures[:, ::8, ::8], np.ones((1, 8, 8, 1), np.uint8))
    ours = values(reader, objective, steps[-1].picture[None])[0]
    assert ours > values(reader, objective, np.concatenate([pictures, smooth])).max()
    assert steps[-1].activation > steps[0].activation


def test_steps_say_how_far_it_is(reader):
    steps = list(maximize_activation(reader, channel(TWO, 70), replace(QUICK, steps=4)))
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert {step.total for step in steps} == {4}
    assert all(step.picture.shape == (64, 64, 3) for step in steps)
    assert all(step.picture.dtype == np.uint8 for step in steps)
    assert steps[-1].eta == 0 < steps[0].eta
    assert steps[-1].best == max(step.activation for step in steps)


def test_a_seed_gives_the_same_picture_again_and_another_one_another(reader):
    recipe = replace(QUICK, steps=3)
    first, again, other = (
        list(maximize_activation(reader, channel(TWO, 70), recipe, seed))[-1].picture
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pictures_of_a_batch_are_those_that_they_would_be_alone(reader):
    recipe = replace(QUICK, steps=3)
    both = render(reader, channel(TWO, [70, 90]), recipe, [5, 6])
    alone = render(reader, channel(TWO, 90), recipe, [6])
    assert both.shape == (2, 64, 64, 3)
    assert np.abs(both[1].astype(int) - alone[0]).mean() < 2  # bfloat16 has three digits


def test_whenever_it_is_left_the_best_picture_is_there(reader):
    steps = []
    run = maximize_activation(reader, of_call([1.0, 3.0, 2.0, 0.5, 9.0]), QUICK)
    for _ in range(4):
        steps.append(next(run))
    run.close()
    assert [step.best for step in steps] == [1, 3, 3, 3]
    assert np.array_equal(steps[1].picture, steps[3].picture)
    assert not np.array_equal(steps[0].picture, steps[1].picture)


def test_one_step_without_numbers_is_survived(reader):
    steps = list(maximize_activation(reader, of_call([1.0, np.nan, 2.0]), replace(QUICK, steps=3)))
    assert [step.best for step in steps] == [1, 1, 2]


def test_it_ends_with_the_best_when_numbers_stay_away(reader):
    steps = list(maximize_activation(reader, of_call([1.0, 2.0] + [np.nan] * 99), QUICK))
    assert steps[-1].step == steps[-1].total == 2 + MOST_FAILURES
    assert steps[-1].best == 2
    assert np.array_equal(steps[-1].picture, steps[1].picture)


def test_no_gradient_is_left_on_the_network(reader):
    list(maximize_activation(reader, movement(0), replace(QUICK, steps=1)))
    assert not reader.training
    assert all(weight.grad is None for weight in reader.parameters())


def test_calm_keeps_colours_near_grey(reader):
    loud, calm = (
        render(reader, channel(TWO, 70), replace(QUICK, calm=calm), [0]) for calm in (0.0, 5.0)
    )
    assert calm.std() < 0.8 * loud.std()
