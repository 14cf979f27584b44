"""How much work fits into a time: sizes from coarse to fine, and steps of each. Torch-free.

Decided before a run, and again while it goes on. Pure functions: speeds are given, so that the same
speeds make the same plans.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.optimize.spec import Level, Plan

SMALLEST = 32
"""Pixels of the shorter side: VGG19 halves four times, and its last maps need an inside."""

COARSEST = 112
"""Pixels of a square's side, where pyramids begin: less holds no composition."""

Size = tuple[int, int]
"""Width and height in pixels."""


def fitted(width: int, height: int, longest: float) -> Size:
    """This shape with another longest side, but with no side below `SMALLEST`."""
    scale = max(longest / max(width, height), SMALLEST / min(width, height))
    return max(SMALLEST, round(width * scale)), max(SMALLEST, round(height * scale))


def pyramid(width: int, height: int, scales: int) -> list[Size]:
    """Sizes up to this one, each about 1.4 times the last one's sides.

    Args:
        width: of the finest.
        height: of the finest.
        scales: how many; fewer where they would be too small; 0 takes as many as are useful.
    """
    sizes = [(width, height)]
    while not scales or len(sizes) < scales:
        factor = 2 ** (len(sizes) / 2)
        smaller = (round(width / factor), round(height / factor))
        if min(smaller) < SMALLEST or (not scales and smaller[0] * smaller[1] < COARSEST**2):
            break
        sizes.append(smaller)
    return sizes[::-1]


ENOUGH = 150
"""Steps that a run should have, before a larger picture is worth it."""

SENSIBLE = 256
"""Longest side in pixels below which a picture is not made smaller to have more steps."""

LEAST = 20
"""Steps that a scale must have to do more good than harm."""

WORTH = 25
"""Steps that a scale must have to be added to a plan: more than to be kept in it."""

MOST_BOOST = 3.0
"""How many times its weight the content has at most."""

MOST = 500
"""Steps of a scale that are worth waiting for."""

SET_UP = 2.0
"""Steps' worth of time in which a scale is prepared: the pictures are seen, the maps compared."""

DRIFT = 0.03
"""Of a scale's steps: a plan may be so far off before it is changed."""

ROUNDING = 2
"""Pixels that a size may lose by being halved and doubled."""

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
    width: int, height: int, longest: int, scales: int, seconds: float, speed: Speed, keep: bool
) -> tuple[Level, ...]:
    """The largest picture that has `ENOUGH` steps, and then as many as time allows.

    Args:
        width: of the content.
        height: of the content.
        longest: side of the result in pixels, at most.
        scales: as in the recipe; the coarsest are left out where they would have too few steps.
        seconds: for all.
        speed: of this machine.
        keep: to `longest`, however few steps there is time for.
    """
    side = float(longest)
    while True:
        sizes = pyramid(*fitted(width, height, side), scales)
        steps = _affordable(sizes, seconds, speed)
        if keep or side <= SENSIBLE or steps * len(sizes) >= ENOUGH:
            break
        side = max(SENSIBLE, side / _FINER)
    while steps < LEAST and len(sizes) > 1:
        sizes = sizes[1:]
        steps = _affordable(sizes, seconds, speed)
    count = max(1, min(MOST, round(steps)))
    return _capped(_levels(sizes, [count] * len(sizes), speed), seconds)


def content_boost(steps: int) -> float:
    """How many times its weight the content has in a run of so many steps: more, if too few."""
    return min(MOST_BOOST, max(1.0, (ENOUGH / max(1, steps)) ** 0.5))


def replanned(
    plan: Plan, level: int, done: int, left: float | None, speed: Speed, spent: float
) -> Plan:
    """Change what is still to come so that it fills the time that is left.

    Where that is too short, the finest scales are given up first, then steps; they come back if
    there is time for them after all.

    Args:
        plan: as it was.
        level: where the run is.
        done: steps of this level.
        left: seconds; None keeps scales and steps, and changes the estimates only.
        speed: as it was measured by now.
        spent: seconds that this level has taken.
    """
    here = plan.levels[level:]
    sizes, counts = [(x.width, x.height) for x in here], [x.steps for x in here]
    if left is not None:
        least = len(sizes) if not plan.shrinks else 1
        longest = plan.longest if plan.grows else 0
        sizes, counts = _refilled(sizes, done, left, speed, least, longest)
        if len(sizes) == len(here) and _near(counts, [x.steps for x in here]):
            counts = [x.steps for x in here]
    first = replace(here[0], steps=counts[0], seconds=(counts[0] - done) * speed.step(sizes[0]))
    ahead = (first, *_levels(sizes[1:], counts[1:], speed))
    if left is not None:
        ahead = _capped(ahead, max(0.0, left))
    ahead = (replace(ahead[0], seconds=spent + ahead[0].seconds), *ahead[1:])
    return replace(plan, levels=plan.levels[:level] + ahead)


def _refilled(
    sizes: Sequence[Size], done: int, left: float, speed: Speed, least: int, longest: int
) -> tuple[list[Size], list[int]]:
    """The current scale and the finer ones that there is time for, and the steps of each.

    Args:
        sizes: as they were planned, from the current scale.
        done: steps that it has had.
        left: seconds.
        speed: as it was measured by now.
        least: how many of them are kept in any case.
        longest: side up to which finer scales may be added.
    """
    planned, sizes = len(sizes), [*sizes, *_finer(sizes[-1], longest)]
    while True:
        paces = [speed.step(size) for size in sizes]
        time = left - SET_UP * sum(paces[1:])
        share = (time + done * paces[0]) / sum(paces)
        if share < done and len(sizes) > 1:  # the current scale has had more than its share
            share = time / sum(paces[1:])
        if len(sizes) <= least or share >= (LEAST if len(sizes) <= planned else WORTH):
            break
        sizes.pop()
    steps = max(0, min(MOST, round(share)))
    return sizes, [max(done, steps), *[max(1, steps)] * (len(sizes) - 1)]


def _finer(size: Size, longest: int) -> list[Size]:
    """Sizes beyond this one, each 1.4 times the last one's sides, up to a longest side."""
    sizes = []
    while (side := max(size) * 2**0.5) <= longest + ROUNDING:
        scale = (longest if abs(side - longest) <= ROUNDING else side) / max(size)
        size = round(size[0] * scale), round(size[1] * scale)
        sizes.append(size)
    return sizes


def _near(steps: Sequence[int], planned: Sequence[int]) -> bool:
    """Whether steps are so nearly those that were planned that the plan may stay."""
    pairs = zip(steps, planned, strict=True)
    return all(abs(one - other) <= DRIFT * other for one, other in pairs)


def _affordable(sizes: Sequence[Size], seconds: float, speed: Speed) -> float:
    """Steps that each scale can have."""
    return max(0.0, seconds / sum(speed.step(size) for size in sizes) - SET_UP)


def _capped(levels: tuple[Level, ...], seconds: float) -> tuple[Level, ...]:
    """With estimates that are no longer than the time: what would be is cut off when it ends."""
    share = min(1.0, seconds / max(sum(level.seconds for level in levels), 1e-9))
    return tuple(replace(level, seconds=share * level.seconds) for level in levels)


def _levels(sizes: Sequence[Size], steps: Sequence[int], speed: Speed) -> tuple[Level, ...]:
    return tuple(
        Level(*size, count, (count + SET_UP) * speed.step(size))
        for size, count in zip(sizes, steps, strict=True)
    )
