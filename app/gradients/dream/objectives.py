"""What a picture shall be good at; objectives add up, and are multiplied, as numbers are.

movement(2) + 0.5 * channel("conv4_block24", 17) - channel("conv3_block12", 4)
"""

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from app.gradients.dream.sight import MOVEMENTS, Seen
from app.gradients.dream.wish import Channel, Movement, Wish


@dataclass(frozen=True)
class Objective:
    """To be maximised.

    Attributes:
        value: of each of N pictures, from what a sight gives: float32 [N].
        needs: how many of a layer's first channels it looks at, by the layer's name.
        movements: whether it looks at the logits.
    """

    value: Callable[[Seen], Tensor]
    needs: dict[str, int] = field(default_factory=dict)
    movements: bool = False

    def __add__(self, other: "Objective | float") -> "Objective":
        other = _as_objective(other)
        return self._with(other, lambda seen: self.value(seen) + other.value(seen))

    def __mul__(self, other: "Objective | float") -> "Objective":
        other = _as_objective(other)
        return self._with(other, lambda seen: self.value(seen) * other.value(seen))

    def __neg__(self) -> "Objective":
        return self * -1.0

    def __sub__(self, other: "Objective | float") -> "Objective":
        return self + -1.0 * _as_objective(other)

    def __rsub__(self, other: float) -> "Objective":
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def _with(self, other: "Objective", value: Callable[[Seen], Tensor]) -> "Objective":
        needs = dict(self.needs)
        for layer, count in other.needs.items():
            needs[layer] = max(count, needs.get(layer, 0))
        return Objective(value, needs, self.movements or other.movements)


def channel(layer: str, which: int | Sequence[int]) -> Objective:
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

    return Objective(value, {layer: max(numbers) + 1})


def neuron(layer: str, which: int, x: int, y: int) -> Objective:
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

    return Objective(value, {layer: which + 1})


def direction(layer: str, towards: Tensor) -> Objective:
    """How far the mean of a layer's first channels goes in a direction.

    Args:
        layer: one of LAYERS.
        towards: float [C] of any length but zero; a positive factor changes nothing.
    """
    unit = towards.float() / towards.float().norm()

    def value(seen: Seen) -> Tensor:
        maps = seen[layer][:, : len(unit)]
        return maps.mean((2, 3)) @ unit.to(maps.device)

    return Objective(value, {layer: len(towards)})


def movement(which: int) -> Objective:
    """How far a movement's logit is above the mean of all movements' logits."""

    def value(seen: Seen) -> Tensor:
        logits = seen[MOVEMENTS]
        return logits[:, which] - logits.mean(1)

    return Objective(value, {}, movements=True)


def wished(wish: Wish) -> Objective:
    """What a person wrote, as an objective."""
    terms = [
        functools.reduce(operator.mul, map(_one, term.factors)) * term.weight for term in wish.terms
    ]
    return functools.reduce(operator.add, terms)


def _one(factor: Channel | Movement) -> Objective:
    if isinstance(factor, Movement):
        return movement(factor.number)
    if factor.cell is None:
        return channel(factor.layer, factor.number)
    return neuron(factor.layer, factor.number, *factor.cell)


def _as_objective(value: "Objective | float") -> Objective:
    if isinstance(value, Objective):
        return value
    return Objective(lambda seen: next(iter(seen.values())).new_tensor(value))
