"""What is maximized; objectives add up, and are multiplied, as numbers are.

    movement(2) + 0.5 * channel("conv4_block24", 17) - channel("conv3_block12", 4)

The optimization objectives of Olah et al., "Feature Visualization", Distill 2017, with lucid's
algebra.
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
from app.explain.feature_visualization.truncated_network import MOVEMENTS, Activations


@dataclass(frozen=True)
class ActivationObjective:
    """A number for each picture, to be maximized.

    Attributes:
        value: of each of N pictures, from a `TruncatedNetwork`'s activations: float32 [N].
        channels: how many of a layer's first channels are needed for it, by the layer's name.
        movements: whether the logits are needed.

    Example:
        >>> objective = channel("conv2_block6", 3) - 2 * channel("conv2_block6", 5)
        >>> objective.channels
        {'conv2_block6': 6}
        >>> objective.value({"conv2_block6": torch.ones(1, 6, 2, 2)})
        tensor([-1.])
    """

    value: Callable[[Activations], Tensor]
    channels: dict[str, int] = field(default_factory=dict)
    movements: bool = False

    def __add__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        other = _as_objective(other)
        return self._with(other, lambda given: self.value(given) + other.value(given))

    def __mul__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        other = _as_objective(other)
        return self._with(other, lambda given: self.value(given) * other.value(given))

    def __neg__(self) -> "ActivationObjective":
        return self * -1.0

    def __sub__(self, other: "ActivationObjective | float") -> "ActivationObjective":
        return self + -1.0 * _as_objective(other)

    def __rsub__(self, other: float) -> "ActivationObjective":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _with(
        self, other: "ActivationObjective", value: Callable[[Activations], Tensor]
    ) -> "ActivationObjective":
        channels = dict(self.channels)
        for layer, count in other.channels.items():
            channels[layer] = max(count, channels.get(layer, 0))
        return ActivationObjective(value, channels, self.movements or other.movements)


def channel(layer: str, number: int | Sequence[int]) -> ActivationObjective:
    """The mean of a channel over the whole map, before normalisation and ReLU.

    Args:
        layer: one of LAYERS.
        number: the channel's, or one for each picture of a batch.

    Example:
        >>> maps = torch.arange(8.0).view(1, 2, 2, 2)
        >>> channel("conv2_block6", 1).value({"conv2_block6": maps})
        tensor([5.5000])
    """
    numbers = [number] if isinstance(number, int) else list(number)

    def value(activations: Activations) -> Tensor:
        means = activations[layer].mean((2, 3))
        if len(numbers) == 1:
            return means[:, numbers[0]]
        return means[torch.arange(len(numbers)), numbers]

    return ActivationObjective(value, {layer: max(numbers) + 1})


def neuron(layer: str, number: int, x: int, y: int) -> ActivationObjective:
    """One cell of a channel's map, counted from its middle: 0, 0.

    Args:
        layer: one of LAYERS.
        number: the channel's.
        x: cells to the right of the middle.
        y: cells below it.

    Example:
        >>> maps = torch.arange(8.0).view(1, 2, 2, 2)
        >>> neuron("conv2_block6", 1, x=0, y=-1).value({"conv2_block6": maps})
        tensor([5.])
    """

    def value(activations: Activations) -> Tensor:
        height, width = activations[layer].shape[2:]
        return activations[layer][:, number, height // 2 + y, width // 2 + x]

    return ActivationObjective(value, {layer: number + 1})


def direction(layer: str, vector: Tensor) -> ActivationObjective:
    """The mean of a layer's first channels, projected onto a direction.

    Args:
        layer: one of LAYERS.
        vector: float [C] of any length but zero; a positive factor changes nothing.

    Example:
        >>> maps = torch.arange(8.0).view(1, 2, 2, 2)
        >>> direction("conv2_block6", torch.tensor([3.0, 4.0])).value({"conv2_block6": maps})
        tensor([5.3000])
    """
    unit = vector.float() / vector.float().norm()

    def value(activations: Activations) -> Tensor:
        maps = activations[layer][:, : len(unit)]
        return maps.mean((2, 3)) @ unit.to(maps.device)

    return ActivationObjective(value, {layer: len(vector)})


def movement(number: int) -> ActivationObjective:
    """How far a movement's logit is above the mean of all movements' logits.

    Example:
        >>> movement(1).value({MOVEMENTS: torch.tensor([[1.0, 4.0, 1.0]])})
        tensor([2.])
    """

    def value(activations: Activations) -> Tensor:
        logits = activations[MOVEMENTS]
        return logits[:, number] - logits.mean(1)

    return ActivationObjective(value, {}, movements=True)


def from_expression(expression: ObjectiveExpression) -> ActivationObjective:
    """What a person wrote, as an objective.

    Example:
        >>> from app.explain.feature_visualization.objective_parser import parse
        >>> expression = parse("conv2_block6:3 + 0.5*Cubism", ["Abstract", "Cubism"])
        >>> from_expression(expression).channels
        {'conv2_block6': 4}
    """
    terms = [
        functools.reduce(operator.mul, map(_from_factor, term.factors)) * term.weight
        for term in expression.terms
    ]
    return functools.reduce(operator.add, terms)


def _from_factor(factor: Channel | Movement) -> ActivationObjective:
    if isinstance(factor, Movement):
        return movement(factor.number)
    if factor.cell is None:
        return channel(factor.layer, factor.number)
    return neuron(factor.layer, factor.number, *factor.cell)


def _as_objective(value: "ActivationObjective | float") -> ActivationObjective:
    if isinstance(value, ActivationObjective):
        return value
    return ActivationObjective(lambda given: next(iter(given.values())).new_tensor(value))
