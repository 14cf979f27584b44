"""What a picture shall be good at; objectives add up, and are multiplied, as numbers are.

movement(2) + 0.5 * channel("conv4_block24", 17) - channel("conv3_block12", 4)
"""

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from app.explain.feature_visualization.objective_parser import (
    Channel,
    Movement,
    ObjectiveExpression,
)
from app.explain.feature_visualization.truncated_network import MOVEMENTS, Seen


@dataclass(frozen=True)
class ActivationObjective:
    """To be maximised.

    Attributes:
        value: of each of N pictures, from what a sight gives: float32 [N].
        needs: how many of a layer's first channels it looks at, by the layer's name.
        movements: whether it looks at the logits.
    """

    value: Callable[[Seen], Tensor]
    needs: dict[str, int] = field(default_factory=dict)
    movements: bool = False

    def __add__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        other = _as_objective(other)
        return self._with(other, lambda seen: self.value(seen) + other.value(seen))

    def __mul__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        other = _as_objective(other)
        return self._with(other, lambda seen: self.value(seen) * other.value(seen))

    def __neg__(self) -> "ActivationObjective":
        return self * -1.0

    def __sub__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        return self + -1.0 * _as_objective(other)

    def __rsub__(self, other: float) -> "ActivationObjective":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _with(
        self, other: "ActivationObjective", value: Callable[[Seen], Tensor]
    ) -> "ActivationObjective":
        needs = dict(self.needs)
        for layer, count in other.needs.items():
            needs[layer] = max(count, needs.get(layer, 0))
        return ActivationObjective(value, needs, self.movements or other.movements)


def channel(layer: str, which: int | Sequence[int]) -> ActivationObjective:
    """The mean of a channel over the whole map, before normalisation and ReLU.

    Args:
        layer: one of LAYERS.
        which: its number, or one for each picture of a batch.
    """
    numbers = [which] if isinstance(which, int) else list(which)

    def value(seen: Seen) -> Tensor:
        means = seen[layer].mean((2, 3))
        if len(numbers) == 1:
            return means[:, numbers[0]]
        return means[torch.arange(len(numbers)), numbers]

    return ActivationObjective(value, {layer: max(numbers) + 1})


def neuron(layer: str, which: int, x: int, y: int) -> ActivationObjective:
    """One cell of a channel's map, counted from its middle: 0, 0.

    Args:
        layer: one of LAYERS.
        which: number of the channel.
        x: cells to the right of the middle.
        y: cells below it.
    """

    def value(seen: Seen) -> Tensor:
        height, width = seen[layer].shape[2:]
        return seen[layer][:, which, height // 2 + y, width // 2 + x]

    return ActivationObjective(value, {layer: which + 1})


def direction(layer: str, towards: Tensor) -> ActivationObjective:
    """How far the mean of a layer's first channels goes in a direction.

    Args:
        layer: one of LAYERS.
        towards: float [C] of any length but zero; a positive factor changes nothing.
    """
    unit = towards.float() / towards.float().norm()

    def value(seen: Seen) -> Tensor:
        maps = seen[layer][:, : len(unit)]
        return maps.mean((2, 3)) @ unit.to(maps.device)

    return ActivationObjective(value, {layer: len(towards)})


def movement(which: int) -> ActivationObjective:
    """How far a movement's logit is above the mean of all movements' logits."""

    def value(seen: Seen) -> Tensor:
        logits = seen[MOVEMENTS]
        return logits[:, which] - logits.mean(1)

    return ActivationObjective(value, {}, movements=True)


def from_expression(expression: ObjectiveExpression) -> ActivationObjective:
    """What a person wrote, as an objective."""
    terms = [
        functools.reduce(operator.mul, map(_one, term.factors)) * term.weight
        for term in expression.terms
    ]
    return functools.reduce(operator.add, terms)


def _one(factor: Channel | Movement) -> ActivationObjective:
    if isinstance(factor, Movement):
        return movement(factor.number)
    if factor.cell is None:
        return channel(factor.layer, factor.number)
    return neuron(factor.layer, factor.number, *factor.cell)


def _as_objective(value: "ActivationObjective | float") -> ActivationObjective:
    if isinstance(value, ActivationObjective):
        return value
    return ActivationObjective(lambda seen: next(iter(seen.values())).new_tensor(value))
