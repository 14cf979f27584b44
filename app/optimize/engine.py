"""Painting slowly: style transfer by optimising the picture itself (Gatys et al. 2016).

    from app.optimize.spec import Commission, Style
    from app.optimize.engine import optimize

    for step in optimize(Commission(content, (Style(style),), seconds=60)):
        print(f"{step.step}/{step.total}, {step.eta:.0f} s to go")
    Image.fromarray(step.picture).save("painting.png")

A run goes from coarse to fine sizes, each the start of the next. It may be left after any step, by
closing the generator, and entered again later.
"""

import gc
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np
import torch

from app.errors import UserError
from app.optimize.budget import content_boost, replanned
from app.optimize.features import FeatureNetwork, load_network, nearest
from app.optimize.initialization import initial_image
from app.optimize.layers import fit_layers
from app.optimize.memory import free_memory, out_of_memory
from app.optimize.objective import StyleTransferObjective
from app.optimize.optimizers import LBFGS, Adam, ImageOptimizer
from app.optimize.planning import about_time, boosted, check, make_plan
from app.optimize.postprocess import Postprocess
from app.optimize.probe import measure
from app.optimize.pyramid import Size, fitted
from app.optimize.spec import GatysStep, Level, Losses, OptimizationSpec
from app.optimize.stopwatch import Stopwatch
from app.torch_device import best_device, prepare_processor, use_bfloat16

PREVIEW = 768
"""Longest side of the pictures that are shown on the way."""

MOST_FAILURES = 5
"""Steps in a row whose losses are not finite, before a run ends."""

COOLEST = 0.3
"""Share of the learning rate that is left in the last step."""


def optimize(
    spec: OptimizationSpec, *, network: str = "texture", device: torch.device | None = None
) -> Iterator[GatysStep]:
    """Paint slowly; each step says how far it is and what the picture looks like.

    Args:
        spec: what to paint.
        network: whose feature maps judge, one of `recipe.NETWORKS`.
        device: where; None takes a GPU if there is one that works.

    Raises:
        UserError: it cannot be done.
    """
    device = device or best_device()
    features = load_network(network, device, pooling=spec.recipe.pooling)
    yield from Optimisation(spec, features, device).run()


class Optimisation:
    """One run; it keeps its state, so that it can be left after any step and entered again.

    Attributes:
        plan: what it is going to do, as it is by now.

    Args:
        spec: what to paint.
        network: what sees the pictures.
        device: where the network is.

    Raises:
        UserError: it cannot be done.
    """

    def __init__(
        self, spec: OptimizationSpec, network: FeatureNetwork, device: torch.device
    ) -> None:
        check(spec)
        self.spec, self.network, self.device = spec, network, device
        self._clock = Stopwatch()
        with self._clock:
            prepare_processor()
            self._layers = fit_layers(spec.recipe, network.visible, nearest)
            self._reduced = use_bfloat16(device, spec.recipe.optimiser)
            height, width = spec.content.shape[:2]
            measured = measure(self._objective, width, height, device)
            self._speed = measured.speed
            self.plan = make_plan(
                spec, measured, free_memory(device), self._left, self._layers.notices
            )
            self.plan = replace(self.plan, probing=self._clock.seconds)
        self._level = self._done = self._here = 0
        self._times: list[float] = []
        self._before = self._reached = self.plan.probing  # Last step's end, this level's beginning.
        self._losses = Losses(*[float("nan")] * 4)
        self._judge: StyleTransferObjective | None = None
        self._shrunk = False
        self._varnish = Postprocess(spec)
        self._descent = self._begin()

    @property
    def picture(self) -> np.ndarray:
        """The best so far, uint8 RGB [h,w,3] of the plan's largest size; at first, the start."""
        return self._varnish(self._descent.best, _size(self.plan.levels[-1]))

    def run(self) -> Iterator[GatysStep]:
        """Go on from where it is, to the end of the plan.

        Pictures of steps before the last are previews, `PREVIEW` pixels wide or high at most.

        Raises:
            UserError: there is not enough memory for even a smaller picture.
        """
        prepare_processor()
        try:
            with self._clock:
                while self._level < len(self.plan.levels):
                    yield self._advance()
        finally:
            self._judge = None  # its maps take most of the memory, and can be made again

    def _begin(self) -> ImageOptimizer:
        recipe = self.spec.recipe
        picture = initial_image(self.spec, _size(self.plan.levels[0]), self.device)
        if recipe.optimiser == "lbfgs":
            return LBFGS(picture)
        return Adam(picture, recipe.rate, recipe.average)

    @property
    def _left(self) -> float | None:
        """Seconds of the commission's that are left."""
        seconds = self.spec.seconds
        return None if seconds is None else seconds - self._clock.seconds

    def _objective(self, size: Size, boost: float = 1.0) -> StyleTransferObjective:
        recipe = replace(self.spec.recipe, alpha=boost * self.spec.recipe.alpha)
        spec = replace(self.spec, recipe=recipe)
        return StyleTransferObjective(
            self.network, self._layers, spec, size, self.device, self._reduced
        )

    def _advance(self) -> GatysStep:
        losses = self._step()
        self._done += 1
        self._here += 1
        if losses is not None:
            self._losses = Losses(*losses)
        level = self._level
        if self._descent.failures >= MOST_FAILURES:
            self._give_up()
        else:
            self._replan()
            if self._here >= self.plan.levels[level].steps:
                self._ascend()
        return GatysStep(
            step=self._done,
            total=self.plan.steps,
            picture=self._preview(),
            seconds=self._clock.seconds,
            losses=self._losses,
            level=level,
            plan=self.plan,
        )

    def _step(self) -> list[float] | None:
        """One step, of a smaller picture if the memory is not enough."""
        while True:
            try:
                return self._try_step()
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
            # Only here, for the error holds on to the step's tensors.
            self._shrink()

    def _try_step(self) -> list[float] | None:
        level = self.plan.levels[self._level]
        if self._judge is None:
            if self._descent.picture.shape[2:] != (level.height, level.width):
                self._descent = self._descent.resized(level.height, level.width)
            boost = content_boost(self.plan.steps) if boosted(self.spec) else 1.0
            self._judge = self._objective(_size(level), boost)
        return self._descent.step(self._judge, self._pace(level))

    def _pace(self, level: Level) -> float:
        """The learning rate is kept until the last scale, and falls to its end."""
        if self._level < len(self.plan.levels) - 1:
            return 1.0
        return 1 - (1 - COOLEST) * self._here / max(1, level.steps)

    def _ascend(self) -> None:
        self._level += 1
        self._here, self._reached = 0, self._before
        self._times.clear()
        self._judge = None

    def _replan(self) -> None:
        """Measure the speed anew, and fill the time that is left.

        A step takes what passes between two: whoever looks at its picture takes time, too.
        """
        now = self._clock.seconds
        self._times.append(now - self._before)
        self._before = now
        pace = self._speed.step(_size(self.plan.levels[self._level]))
        recent = self._times[1:][-9:]  # the first one prepared the scale
        if recent:
            self._speed = self._speed.scaled(median(recent) / pace)
        before, spent = about_time(self.spec, self.plan), now - self._reached
        self.plan = replanned(self.plan, self._level, self._here, self._left, self._speed, spent)
        said = about_time(self.spec, self.plan)
        if said != before:
            notices = (x for x in self.plan.notices if x not in before)
            self.plan = replace(self.plan, notices=(*notices, *said))

    def _shrink(self) -> None:
        """Make all scales smaller, once."""
        if self._shrunk:
            raise UserError("There is not enough memory: choose a smaller size, and try again.")
        self._shrunk, self._judge = True, None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        levels = []
        for level in self.plan.levels:
            width, height = fitted(level.width, level.height, max(_size(level)) / 2**0.5)
            levels.append(replace(level, width=width, height=height, seconds=level.seconds / 2))
        width, height = _size(levels[-1])
        notice = f"The memory was not enough, so the picture was reduced to {width} x {height}."
        notices = (*self.plan.notices, notice)
        memory = self.plan.memory // 2
        self.plan = replace(
            self.plan, levels=tuple(levels), memory=memory, notices=notices, grows=False
        )

    def _give_up(self) -> None:
        """End here, with the best so far."""
        levels = list(self.plan.levels)
        spent = self._clock.seconds - self._reached
        levels[self._level] = replace(levels[self._level], steps=self._here, seconds=spent)
        for later in range(self._level + 1, len(levels)):
            levels[later] = replace(levels[later], steps=0, seconds=0.0)
        notice = "The losses stopped being numbers, so the run ended early with its best picture."
        self.plan = replace(self.plan, levels=tuple(levels), notices=(*self.plan.notices, notice))
        self._level = len(levels)

    def _preview(self) -> np.ndarray:
        if self._level >= len(self.plan.levels):
            return self.picture
        height, width = self._descent.best.shape[2:]
        return self._varnish(
            self._descent.best, fitted(width, height, min(PREVIEW, max(width, height)))
        )


def _size(level: Level) -> Size:
    return level.width, level.height
