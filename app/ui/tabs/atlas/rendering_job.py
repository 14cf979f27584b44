"""A picture that is being optimised to please something; PyTorch is imported when it begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.explain.feature_visualization.objective_parser import ObjectiveExpression
from app.explain.feature_visualization.recipes import RenderingRecipe
from app.optimize import zerogpu
from app.ui.background_job import run_in_background

if TYPE_CHECKING:
    from app.explain.feature_visualization.render import RenderingStep


@dataclass(frozen=True)
class RenderingSettings:
    """What to please, how, and the seed of all chance."""

    expression: ObjectiveExpression
    recipe: RenderingRecipe
    seed: int


class RenderingJob:
    """One picture, from its first step to its last.

    Args:
        settings: what picture.
        provider: "cpu" keeps off the GPU.

    Attributes:
        last: the newest step; None before the first.
        activations: the objective before each step.
        device: "CPU" or "CUDA".
        enough: whether the visitor has asked for the end, or left.
    """

    def __init__(self, settings: RenderingSettings, provider: str) -> None:
        self.settings, self.provider, self.device = settings, provider, ""
        self.last: RenderingStep | None = None
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
        return run_in_background(self._render, self._end)

    def _end(self) -> None:
        self.enough = True

    def _render(self) -> None:
        from app.explain.classifier import load_classifier
        from app.explain.feature_visualization.objectives import from_expression
        from app.explain.feature_visualization.render import maximize_activation
        from app.torch_device import choose_device, prepare_processor

        # A Space's GPU is lent to a process of its own, and for minutes: not worth it here.
        device = choose_device("cpu" if zerogpu.ZERO else self.provider)
        self.device = "CUDA" if device.type == "cuda" else "CPU"
        prepare_processor()
        settings = self.settings
        steps = maximize_activation(
            load_classifier(device),
            from_expression(settings.expression),
            settings.recipe,
            settings.seed,
        )
        for step in steps:
            self.activations.append(step.activation)
            self.last = step
            if self.enough:
                break


@dataclass(eq=False)
class RenderingState:
    """What one visitor has rendered last; Gradio gives each session a copy of its own.

    Attributes:
        run: the newest picture.
        busy: whether it is being rendered right now.
    """

    run: RenderingJob | None = None
    busy: bool = False

    def clear(self) -> None:
        """End the work."""
        if self.run is not None:
            self.run.enough = True
        self.run = None
