"""A picture that is being optimised to please something; PyTorch is imported when it begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.gradients import zero
from app.gradients.dream.recipes import Recipe
from app.gradients.dream.wish import Wish
from app.ui.turns import take_turns

if TYPE_CHECKING:
    from app.gradients.dream.render import DreamStep


@dataclass(frozen=True)
class Order:
    """What to please, how, and the seed of all chance."""

    wish: Wish
    recipe: Recipe
    seed: int


class DreamRun:
    """One picture, from its first step to its last.

    Args:
        order: what picture.
        provider: "cpu" keeps off the GPU.

    Attributes:
        last: the newest step; None before the first.
        activations: the objective before each step.
        device: "CPU" or "CUDA".
        enough: whether the visitor has asked for the end, or left.
    """

    def __init__(self, order: Order, provider: str) -> None:
        self.order, self.provider, self.device = order, provider, ""
        self.last: DreamStep | None = None
        self.activations: list[float] = []
        self.enough = False

    @property
    def picture(self) -> np.ndarray | None:
        """The best so far, uint8 RGB [size,size,3]."""
        return self.last.picture if self.last else None

    def follow(self) -> Iterator[None]:
        """Optimise in a thread of its own, to the end or until it is enough; take turns with it.

        When the generator is closed, the work ends with the step at hand.

        Raises:
            UserError: the network is missing.
        """
        return take_turns(self._render, self._end)

    def _end(self) -> None:
        self.enough = True

    def _render(self) -> None:
        from app.gradients.dream.objectives import wished
        from app.gradients.dream.render import dream
        from app.gradients.precision import prepare_processor
        from app.gradients.reader import load_reader

        # A Space's GPU is lent to a process of its own, and for minutes: not worth it here.
        device = zero.choose_device("cpu" if zero.ZERO else self.provider)
        self.device = "CUDA" if device.type == "cuda" else "CPU"
        prepare_processor()
        order = self.order
        steps = dream(load_reader(device), wished(order.wish), order.recipe, order.seed)
        for step in steps:
            self.activations.append(step.activation)
            self.last = step
            if self.enough:
                break


@dataclass(eq=False)
class Desk:
    """What one visitor has rendered last; Gradio gives each session a copy of its own.

    Attributes:
        run: the newest picture.
        busy: whether it is being rendered right now.
    """

    run: DreamRun | None = None
    busy: bool = False

    def clear(self) -> None:
        """End the work."""
        if self.run is not None:
            self.run.enough = True
        self.run = None
