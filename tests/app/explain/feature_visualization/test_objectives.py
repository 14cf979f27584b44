"""Objectives add up and multiply as numbers do, and their gradients are right."""

import copy

import pytest
import torch

from app.explain.feature_visualization.objective_parser import parse
from app.explain.feature_visualization.objectives import (
    channel,
    direction,
    from_expression,
    movement,
    neuron,
)
from app.explain.feature_visualization.truncated_network import MOVEMENTS, TruncatedNetwork

NAMES = ("Abstract", "Cubism", "Expressionism")
THREE, FOUR = "conv3_block12", "conv4_block24"


@pytest.fixture
def activations():
    draw = torch.Generator().manual_seed(0)
    return {
        THREE: torch.randn((2, 10, 6, 6), generator=draw),
        FOUR: torch.randn((2, 20, 3, 3), generator=draw),
        MOVEMENTS: torch.randn((2, 3), generator=draw),
    }


def test_a_channel_is_its_mean_and_each_picture_may_have_its_own(activations):
    torch.testing.assert_close(
        channel(THREE, 4).value(activations), activations[THREE][:, 4].mean((1, 2))
    )
    each = channel(THREE, [4, 7]).value(activations)
    assert each[0] == channel(THREE, 4).value(activations)[0]
    assert each[1] == channel(THREE, 7).value(activations)[1]


def test_a_neuron_is_counted_from_the_middle(activations):
    assert torch.equal(neuron(FOUR, 2, 0, 0).value(activations), activations[FOUR][:, 2, 1, 1])
    assert torch.equal(neuron(THREE, 2, -3, 2).value(activations), activations[THREE][:, 2, 5, 0])


def test_a_direction_along_one_channel_is_that_channel(activations):
    vector = torch.zeros(6)
    vector[5] = 3.0
    torch.testing.assert_close(
        direction(THREE, vector).value(activations), channel(THREE, 5).value(activations)
    )


def test_a_movement_is_its_logit_above_the_mean(activations):
    logits = activations[MOVEMENTS]
    torch.testing.assert_close(movement(1).value(activations), logits[:, 1] - logits.mean(1))


def test_objectives_add_and_multiply_as_numbers(activations):
    a, b, c = channel(THREE, 1), neuron(FOUR, 3, 1, 0), movement(2)
    x, y, z = (each.value(activations) for each in (a, b, c))
    for ours, theirs in (
        (a + b, x + y),
        (a - b, x - y),
        (2 * a - b * c, 2 * x - y * z),
        (-(a + 1) * 0.5, -(x + 1) * 0.5),
        (3 - a, 3 - x),
        ((a + b) * (a - b), x * x - y * y),
        (sum([a, b, c]), x + y + z),
    ):
        torch.testing.assert_close(ours.value(activations), theirs)


def test_a_sum_needs_the_channels_of_all_its_parts():
    both = channel(THREE, 4) + 0.5 * channel(THREE, [1, 90]) - movement(0) * channel(FOUR, 7)
    assert both.channels == {THREE: 91, FOUR: 8}
    assert both.movements
    assert not channel(THREE, 4).movements


def test_a_parsed_expression_equals_the_objective_written_in_python(activations):
    expression = parse("-2*conv3_block12:1 + conv4_block24:3@1,0*cubism - abstract", NAMES)
    by_hand = -2 * channel(THREE, 1) + neuron(FOUR, 3, 1, 0) * movement(1) - movement(0)
    ours = from_expression(expression)
    torch.testing.assert_close(ours.value(activations), by_hand.value(activations))
    assert (ours.channels, ours.movements) == (by_hand.channels, True)


@pytest.mark.parametrize(
    "text",
    [
        "conv2_block6:80",
        "conv4_block24:300@0,1",
        "Cubism",
        "conv3_block12:4*conv2_block6:3 - 0.5*Abstract",
    ],
)
def test_gradients_are_those_of_finite_differences(network, text):
    exact = copy.deepcopy(network).double()
    objective = from_expression(parse(text, NAMES))
    truncated = TruncatedNetwork(exact, objective.channels, movements=objective.movements)
    draw = torch.Generator().manual_seed(1)
    picture = torch.rand((1, 3, 64, 64), generator=draw, dtype=torch.float64).requires_grad_()
    direction_ = torch.randn(picture.shape, generator=draw, dtype=torch.float64)

    def at(distance):
        with torch.no_grad():
            return objective.value(truncated(picture + distance * direction_))

    (gradient,) = torch.autograd.grad(objective.value(truncated(picture)).sum(), picture)
    small = 1e-7  # Larger ones cross the bends of ReLUs.
    measured = (at(small) - at(-small)) / (2 * small)
    assert float((gradient * direction_).sum()) == pytest.approx(float(measured), rel=1e-5)
