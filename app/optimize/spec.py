"""The specification of a painting, its plan, and the steps of its optimisation. Torch-free."""

from dataclasses import dataclass

import numpy as np

from app.colour import Colours
from app.optimize.recipe import PRESETS, OptimizeRecipe
from app.progress import Step
from training.style.statistics import StyleStatistics


@dataclass(frozen=True, eq=False)
class StyleSpec:
    """One of the paintings to paint like.

    Attributes:
        picture: uint8 RGB [H,W,3], any size; None where there are statistics instead.
        weight: its share among styles that paint in the same places; not negative.
        region: uint8 [h,w] of any size, 0 to 255: where on the content it paints (guided Gram
            matrices, Gatys et al. 2017); None for wherever no other style's region is.
        statistics: of the texture encoder's maps, for a painting whose picture is not here.
    """

    picture: np.ndarray | None
    weight: float = 1.0
    region: np.ndarray | None = None
    statistics: StyleStatistics | None = None


@dataclass(frozen=True, eq=False)
class OptimizationSpec:
    """What to paint.

    Attributes:
        content: uint8 RGB [H,W,3].
        styles: one to four.
        recipe: how.
        seconds: how long it may take; None takes the recipe's steps.
        side: longest side of the result in pixels, at most; None for the content's. Where time or
            memory do not suffice it is smaller.
        start: uint8 RGB [h,w,3] of any size, for recipes that start from a picture; None starts
            these from the content.
        mask: uint8 [h,w] of any size: where to paint; elsewhere the content stays. None: all over.
        colours: whose colours the result has.
        seed: of all chance.
        keep_size: paint as large as `side` however few steps there is time for.
    """

    content: np.ndarray
    styles: tuple[StyleSpec, ...]
    recipe: OptimizeRecipe = PRESETS["deep-brush"]
    seconds: float | None = None
    side: int | None = None
    start: np.ndarray | None = None
    mask: np.ndarray | None = None
    colours: Colours = "style"
    seed: int = 0
    keep_size: bool = False


@dataclass(frozen=True)
class Level:
    """One size of the pyramid: width and height in pixels, steps, and seconds they should take.

    Of a level that is done these are the seconds it took.
    """

    width: int
    height: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Attributes:
        levels: coarse to fine.
        memory: bytes that the largest level is estimated to need.
        notices: sentences about what differs from the spec (a layer the network lacks, a smaller
            size), for people.
        longest: side of the picture in pixels, if there is time for it.
        shrinks: whether the finest scales may be given up where time is short.
        grows: whether finer scales may be added, up to `longest`, where time is left.
        probing: seconds that it took to make the plan.
    """

    levels: tuple[Level, ...]
    memory: int
    notices: tuple[str, ...] = ()
    longest: int = 0
    shrinks: bool = True
    grows: bool = False
    probing: float = 0.0

    @property
    def steps(self) -> int:
        """Of all levels."""
        return sum(level.steps for level in self.levels)

    @property
    def seconds(self) -> float:
        """That all should take, from the beginning."""
        return self.probing + sum(level.seconds for level in self.levels)


@dataclass(frozen=True)
class Losses:
    """Of one step, each a mean, not yet weighed; `total` is what is minimised."""

    content: float
    style: float
    variation: float
    total: float


@dataclass(frozen=True, eq=False, kw_only=True)
class GatysStep(Step):
    """One step of an optimisation.

    Attributes:
        losses: before the step.
        level: which of the plan's levels, from 0.
        plan: as it is by now: steps yet to come may be changed by how long earlier ones took.
    """

    losses: Losses
    level: int
    plan: Plan

    @property
    def eta(self) -> float:
        """Seconds still to come, by the plan."""
        return max(0.0, self.plan.seconds - self.seconds)
