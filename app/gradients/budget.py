"""How much work fits into a time, decided before a run and again while it goes on. Torch-free.

Pure functions: speeds are given, so that the same speeds make the same plans.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.gradients.commission import Level, Plan
from app.gradients.pyramid import Size, fitted, pyramid

ENOUGH = 30
"""Steps that a scale should have, before a larger picture is worth it."""

MOST = 500
"""Steps of a scale that are worth waiting for."""

SET_UP = 2.0
"""Steps' worth of time in which a scale is prepared: the pictures are seen, the maps compared."""

DRIFT = 0.03
"""Of the whole time: a plan may be so far off before it is changed."""

_FINER = 2**0.25


@dataclass(frozen=True)
class Speed:
    """Seconds of one step: some for each step, and some for each pixel."""

    fixed: float
    pixel: float

    def step(self, size: Size) -> float:
        """Seconds of one step at this width and height."""
        return self.fixed + self.pixel * size[0] * size[1]

    def scaled(self, factor: float) -> "Speed":
        """So many times as slow."""
        return Speed(self.fixed * factor, self.pixel * factor)


def by_steps(sizes: Sequence[Size], steps: int, speed: Speed) -> tuple[Level, ...]:
    """Share a number of steps among the scales, at least one for each."""
    share = max(1, steps // len(sizes))
    finest = max(1, steps - share * (len(sizes) - 1))
    return _levels(sizes, [share] * (len(sizes) - 1) + [finest], speed)


def by_time(
    width: int, height: int, longest: int, scales: int, seconds: float, speed: Speed, fix: bool
) -> tuple[Level, ...]:
    """The largest picture whose scales have enough steps each, and then as many as time allows.

    Args:
        width: of the content.
        height: of the content.
        longest: side of the result in pixels, at most.
        scales: as in the recipe.
        seconds: for all.
        speed: of this machine.
        fix: keep to `longest`, however few steps there is time for.
    """
    side = float(longest)
    while True:
        size = fitted(width, height, side)
        sizes = pyramid(*size, scales)
        steps = _affordable(sizes, seconds, speed)
        smallest = pyramid(*size, 0) == [size]
        if steps >= ENOUGH or fix or smallest:
            break
        side /= _FINER
    return _levels(sizes, [max(1, min(MOST, round(steps)))] * len(sizes), speed)


def replanned(plan: Plan, level: int, done: int, left: float | None, speed: Speed) -> Plan:
    """Change the steps still to come so that they fill the time that is left.

    Args:
        plan: as it was.
        level: where the run is.
        done: steps of this level.
        left: seconds; steps are kept if they end about then, or if it is None.
        speed: as it was measured by now.
    """
    to_come = [plan.levels[level].steps - done, *(x.steps for x in plan.levels[level + 1 :])]
    here = plan.levels[level:]
    paces = [speed.step((x.width, x.height)) for x in here]
    preparing = SET_UP * sum(paces[1:])
    work = sum(steps * pace for steps, pace in zip(to_come, paces, strict=True))
    whole = max(plan.seconds, 1e-9)
    if left is not None and work and abs(work + preparing - left) > DRIFT * whole:
        factor = max(0.0, left - preparing) / work
        to_come = [round(steps * factor) for steps in to_come]
        to_come[1:] = [max(1, steps) for steps in to_come[1:]]
        to_come = [min(max(MOST - done, 0), to_come[0]), *(min(MOST, x) for x in to_come[1:])]
    counts = [done + to_come[0], *to_come[1:]]
    sizes = [(x.width, x.height) for x in here]
    return replace(plan, levels=plan.levels[:level] + _levels(sizes, counts, speed))


def _affordable(sizes: Sequence[Size], seconds: float, speed: Speed) -> float:
    """Steps that each scale can have."""
    return max(0.0, seconds / sum(speed.step(size) for size in sizes) - SET_UP)


def _levels(sizes: Sequence[Size], steps: Sequence[int], speed: Speed) -> tuple[Level, ...]:
    return tuple(
        Level(*size, count, (count + SET_UP) * speed.step(size))
        for size, count in zip(sizes, steps, strict=True)
    )
