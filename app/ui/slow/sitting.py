"""What one visitor is about to paint slowly: the picture, the styles, and a sketch of both."""

import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.colour import Colours, recolour
from app.gradients.commission import Commission, Style
from app.gradients.recipe import Recipe
from app.serving.mask import fit_mask, lay_inside
from app.serving.studio import Studio
from app.serving.stylizer import Stylizer
from app.serving.warm_start import warm_start
from app.ui.house import Visit
from app.ui.paint.brush import Brush
from app.ui.paint.brush import Style as Bristle
from app.ui.shared_files import share_inline
from app.ui.widgets import data_uri
from training.preprocessing import fit

SKETCH_SIDE, SHOWN_SIDE = 640, 1024
"""Longest side of the sketch, and of the picture beside it, in pixels."""

LARGEST = 2048
"""Longest side of anything that is painted slowly, in pixels."""


@dataclass(frozen=True, eq=False)
class Order:
    """What the form says.

    Attributes:
        recipe: how to paint.
        network: which one looks at the pictures.
        seconds: for how long; None takes the recipe's steps.
        side: longest side of the result in pixels; None for as large as the time allows.
        colours: whose colours the painting wears.
        mask: uint8 [h,w], 255 where something is drawn; None where nothing is.
        divides: whether the mask parts the first style from the others, instead of the painting
            from the picture.
        seed: of all chance.
    """

    recipe: Recipe
    network: str = "texture"
    seconds: float | None = 60
    side: int | None = 512
    colours: Colours = "style"
    mask: np.ndarray | None = None
    divides: bool = False
    seed: int = 0

    def regions(self, count: int) -> list[np.ndarray | None]:
        """Where each of `count` styles paints; see `app.gradients.commission.Style`."""
        if self.mask is None or not self.divides or count < 2:
            return [None] * count
        return [self.mask, *[255 - self.mask] * (count - 1)]


@dataclass(frozen=True, eq=False)
class SlowSitting:
    """It lives in one visitor's session only.

    Attributes:
        visit: the picture, and what the reader says of it.
        brush: the styles, each with its picture, and what each weighs.
        guests: styles of the visitor's own, in the order they came.
        sketch: uint8 RGB [h,w,3], what the instant painter makes of it; of `SKETCH_SIDE`.
        opening: whether sessions begin with it.
        token: names this sitting; the page repeats it, see `ReadTab`.
    """

    visit: Visit
    brush: Brush
    guests: tuple[Bristle, ...] = ()
    sketch: np.ndarray | None = None
    opening: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self

    def receive(self, visit: Visit) -> Self:
        """Another picture on the easel; the styles stay."""
        return replace(self, visit=visit, opening=False, token=secrets.token_hex(8))

    def sketched(self, stylizer: Stylizer, order: Order) -> Self:
        """With a new sketch."""
        shown = fit(self.visit.picture, SKETCH_SIDE)
        if any(region is not None for region in order.regions(len(self.used))):
            painted = self._start(stylizer, shown, order)
        else:
            painted = stylizer.paint(shown, self.brush.vector).picture
        painted = recolour(painted, shown, order.colours)
        if order.mask is not None and not order.divides:
            height, width = shown.shape[:2]
            painted = lay_inside(shown, painted, fit_mask(order.mask, width, height))
        return replace(self, sketch=painted)

    @functools.cached_property
    def shown(self) -> str:
        """The picture as an easel wants it; it is wanted every second while it is painted."""
        source = data_uri(fit(self.visit.picture, SHOWN_SIDE))
        return share_inline(source) if self.visit.ours else source

    @property
    def used(self) -> list[tuple[Bristle, float]]:
        """Styles that count, with their shares, in the order they were chosen."""
        total = sum(self.brush.weights)
        pairs = zip(self.brush.styles, self.brush.weights, strict=True)
        return [(style, weight / total) for style, weight in pairs if weight > 0]

    def commission(self, studio: Studio, order: Order) -> Commission:
        """What the engine is asked for; the instant painter paints the start where it is wanted.

        Raises:
            UserError: the file of the picture is no longer there.
        """
        content = fit(self.visit.original(), order.side or LARGEST)
        regions = order.regions(len(self.used))
        styles = [
            Style(style.picture, share, region, studio.targets.get(style.preset))
            for (style, share), region in zip(self.used, regions, strict=True)
        ]
        warm = order.recipe.start == "picture"
        return Commission(
            content=content,
            styles=tuple(styles),
            recipe=order.recipe,
            seconds=order.seconds,
            side=order.side,
            start=self._start(studio.stylizer, content, order) if warm else None,
            mask=None if order.divides else order.mask,
            colours=order.colours,
            seed=order.seed,
        )

    def _start(self, stylizer: Stylizer, content: np.ndarray, order: Order) -> np.ndarray:
        vectors, weights = zip(*((style.vector, share) for style, share in self.used), strict=True)
        regions: Sequence[np.ndarray | None] = order.regions(len(vectors))
        return warm_start(stylizer, content, vectors, weights, regions=regions)
