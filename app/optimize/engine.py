"""Painting slowly: style transfer by optimizing the picture itself (Gatys et al. 2016).

    from app.optimize.spec import OptimizationSpec, StyleSpec
    from app.optimize.engine import optimize

    for step in optimize(OptimizationSpec(content, (StyleSpec(style),), seconds=60)):
        print(f"{step.step}/{step.total}, {step.eta:.0f} s to go")
    Image.fromarray(step.picture).save("painting.png")

A run goes from coarse to fine sizes, each the start of the next. It may be left after any step, by
closing the generator, and continued later.
"""

import gc
import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Self

import numpy as np
import torch

from app.errors import UserError
from app.optimize.budget import Size, content_boost, fitted, replanned
from app.optimize.features import FeatureNetwork, fit_layers, load_network
from app.optimize.objective import StyleTransferObjective
from app.optimize.optimizers import LBFGS, Adam, ImageOptimizer
from app.optimize.planning import about_time, boosted, check, make_plan
from app.optimize.probe import free_memory, measure, out_of_memory
from app.optimize.spec import GatysStep, Level, Losses, OptimizationSpec
from app.optimize.tensors import FinishedPicture, initial_image
from app.torch_device import prepare_processor, use_bfloat16
from app.translation import gettext as _
from training.networks.device import best_device

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
        network: whose feature maps are compared, one of `recipe.NETWORKS`.
        device: where; None takes a GPU if there is one that works.

    Raises:
        UserError: it cannot be done.
    """
    device = device or best_device()
    features = load_network(network, device, pooling=spec.recipe.pooling)
    yield from Optimization(spec, features, device).run()


class Optimization:
    """One run; it keeps its state, so that it can be left after any step and entered again.

    Attributes:
        plan: the current plan.

    Args:
        spec: what to paint.
        network: computes the feature maps.
        device: where the network is.

    Raises:
        UserError: it cannot be done.
    """

    def __init__(
        self, spec: OptimizationSpec, network: FeatureNetwork, device: torch.device
    ) -> None:
        check(spec)
        self.spec, self.network, self.device = spec, network, device
        self._stopwatch = Stopwatch()
        with self._stopwatch:
            prepare_processor()
            self._layers = fit_layers(spec.recipe, network.visible)
            self._bfloat16 = use_bfloat16(device, spec.recipe.optimiser)
            height, width = spec.content.shape[:2]
            measured = measure(self._objective_at, width, height, device)
            self._speed = measured.speed
            self.plan = make_plan(
                spec, measured, free_memory(device), self._seconds_left, self._layers.notices
            )
            self.plan = replace(self.plan, probing=self._stopwatch.seconds)
        self._level = self._done = self._level_steps = 0
        self._times: list[float] = []
        # When the last step ended, and when this level began.
        self._last_end = self._level_start = self.plan.probing
        self._losses = Losses(*[float("nan")] * 4)
        self._objective: StyleTransferObjective | None = None
        self._was_reduced = False
        self._finish = FinishedPicture(spec)
        self._optimizer = self._start()

    @property
    def picture(self) -> np.ndarray:
        """The best so far, uint8 RGB [h,w,3] of the plan's largest size; at first, the start."""
        return self._finish(self._optimizer.best, _size(self.plan.levels[-1]))

    def run(self) -> Iterator[GatysStep]:
        """Go on from where it is, to the end of the plan.

        Pictures of steps before the last are previews, `PREVIEW` pixels wide or high at most.

        Raises:
            UserError: there is not enough memory for even a smaller picture.
        """
        prepare_processor()
        try:
            with self._stopwatch:
                while self._level < len(self.plan.levels):
                    yield self._advance()
        finally:
            self._objective = None  # its maps take most of the memory, and can be recomputed

    def _start(self) -> ImageOptimizer:
        recipe = self.spec.recipe
        picture = initial_image(self.spec, _size(self.plan.levels[0]), self.device)
        if recipe.optimiser == "lbfgs":
            return LBFGS(picture)
        return Adam(picture, recipe.rate, recipe.average)

    @property
    def _seconds_left(self) -> float | None:
        """Seconds that are left of the spec's."""
        seconds = self.spec.seconds
        return None if seconds is None else seconds - self._stopwatch.seconds

    def _objective_at(self, size: Size, boost: float = 1.0) -> StyleTransferObjective:
        recipe = replace(self.spec.recipe, alpha=boost * self.spec.recipe.alpha)
        spec = replace(self.spec, recipe=recipe)
        return StyleTransferObjective(
            self.network, self._layers, spec, size, self.device, self._bfloat16
        )

    def _advance(self) -> GatysStep:
        losses = self._step()
        self._done += 1
        self._level_steps += 1
        if losses is not None:
            self._losses = Losses(*losses)
        level = self._level
        if self._optimizer.failures >= MOST_FAILURES:
            self._give_up()
        else:
            self._replan()
            if self._level_steps >= self.plan.levels[level].steps:
                self._next_level()
        return GatysStep(
            step=self._done,
            total=self.plan.steps,
            picture=self._preview(),
            seconds=self._stopwatch.seconds,
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
            # Only here: the exception keeps the step's tensors alive.
            self._reduce()

    def _try_step(self) -> list[float] | None:
        level = self.plan.levels[self._level]
        if self._objective is None:
            if self._optimizer.picture.shape[2:] != (level.height, level.width):
                self._optimizer = self._optimizer.resized(level.height, level.width)
            boost = content_boost(self.plan.steps) if boosted(self.spec) else 1.0
            self._objective = self._objective_at(_size(level), boost)
        return self._optimizer.step(self._objective, self._rate_share(level))

    def _rate_share(self, level: Level) -> float:
        """The learning rate is kept until the last scale, and falls to its end."""
        if self._level < len(self.plan.levels) - 1:
            return 1.0
        return 1 - (1 - COOLEST) * self._level_steps / max(1, level.steps)

    def _next_level(self) -> None:
        self._level += 1
        self._level_steps, self._level_start = 0, self._last_end
        self._times.clear()
        self._objective = None

    def _replan(self) -> None:
        """Measure the speed again, and change the plan to fill the remaining time.

        A step takes the time between two steps: showing its picture counts too.
        """
        now = self._stopwatch.seconds
        self._times.append(now - self._last_end)
        self._last_end = now
        planned = self._speed.step(_size(self.plan.levels[self._level]))
        recent = self._times[1:][-9:]  # the first one prepared the scale
        if recent:
            self._speed = self._speed.scaled(median(recent) / planned)
        before, spent = about_time(self.spec, self.plan), now - self._level_start
        self.plan = replanned(
            self.plan, self._level, self._level_steps, self._seconds_left, self._speed, spent
        )
        now_missing = about_time(self.spec, self.plan)
        if now_missing != before:
            notices = (x for x in self.plan.notices if x not in before)
            self.plan = replace(self.plan, notices=(*notices, *now_missing))

    def _reduce(self) -> None:
        """Make all scales smaller, once."""
        if self._was_reduced:
            raise UserError(_("There is not enough memory: choose a smaller size, and try again."))
        self._was_reduced, self._objective = True, None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        levels = []
        for level in self.plan.levels:
            width, height = fitted(level.width, level.height, max(_size(level)) / 2**0.5)
            levels.append(replace(level, width=width, height=height, seconds=level.seconds / 2))
        width, height = _size(levels[-1])
        notice = _(
            "The memory was not enough, so the picture was reduced to {width} x {height}."
        ).format(width=width, height=height)
        notices = (*self.plan.notices, notice)
        memory = self.plan.memory // 2
        self.plan = replace(
            self.plan, levels=tuple(levels), memory=memory, notices=notices, grows=False
        )

    def _give_up(self) -> None:
        """End here, with the best so far."""
        levels = list(self.plan.levels)
        spent = self._stopwatch.seconds - self._level_start
        levels[self._level] = replace(levels[self._level], steps=self._level_steps, seconds=spent)
        for later in range(self._level + 1, len(levels)):
            levels[later] = replace(levels[later], steps=0, seconds=0.0)
        notice = _(
            "The losses stopped being numbers, so the run ended early with its best picture."
        )
        self.plan = replace(self.plan, levels=tuple(levels), notices=(*self.plan.notices, notice))
        self._level = len(levels)

    def _preview(self) -> np.ndarray:
        if self._level >= len(self.plan.levels):
            return self.picture
        height, width = self._optimizer.best.shape[2:]
        return self._finish(
            self._optimizer.best, fitted(width, height, min(PREVIEW, max(width, height)))
        )


def _size(level: Level) -> Size:
    return level.width, level.height


class Stopwatch:
    """Counts the seconds inside of `with`, so not those in which a run is paused."""

    def __init__(self) -> None:
        self.before, self.entered = 0.0, 0.0
        self.running = False

    @property
    def seconds(self) -> float:
        """Of all times that it was entered."""
        return self.before + (time.perf_counter() - self.entered if self.running else 0.0)

    def __enter__(self) -> Self:
        self.entered, self.running = time.perf_counter(), True
        return self

    def __exit__(self, *_: object) -> None:
        self.before, self.running = self.seconds, False
