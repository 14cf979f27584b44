"""What one visitor is about to paint slowly: the picture, the styles, and a sketch of both."""

import functools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.colour import Colours, recolour
from app.gradients.commission import Commission, Style
from app.gradients.recipe import Recipe
from app.imaging import data_uri
from app.serving.mask import fit_mask, lay_inside
from app.serving.regions import StyleRegion, by_region, claimed, mix
from app.serving.studio import Studio
from app.serving.stylizer import Stylizer
from app.serving.warm_start import warm_start
from app.ui.house import Visit
from app.ui.paint.brush import Brush
from app.ui.paint.brush import Style as Bristle
from app.ui.shared_files import share_inline
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
        mask: uint8 [h,w], 255 where to paint; None for everywhere.
        regions: where single styles paint, instead, by their keys; see `app.ui.paint.masking`.
        seed: of all chance.
    """

    recipe: Recipe
    network: str = "texture"
    seconds: float | None = 60
    side: int | None = 512
    colours: Colours = "style"
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    seed: int = 0


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
        regions = self._regions(order)
        painted = [stylizer.paint(shown, region.vector).picture for region in regions]
        masks = [region.mask for region in regions]
        height, width = shown.shape[:2]
        mask = claimed(masks, width, height) if order.regions else order.mask
        sketch = recolour(mix(painted, masks), shown, order.colours)
        if mask is not None:
            sketch = lay_inside(shown, sketch, fit_mask(mask, width, height))
        return replace(self, sketch=sketch)

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
        styles = [
            Style(
                style.picture,
                share,
                order.regions.get(style.key),
                studio.targets.get(style.preset),
            )
            for style, share in self.used
        ]
        warm = order.recipe.start == "picture"
        return Commission(
            content=content,
            styles=tuple(styles),
            recipe=order.recipe,
            seconds=order.seconds,
            side=order.side,
            start=self._start(studio.stylizer, content, order) if warm else None,
            mask=order.mask,
            colours=order.colours,
            seed=order.seed,
        )

    def _start(self, stylizer: Stylizer, content: np.ndarray, order: Order) -> np.ndarray:
        vectors, weights = zip(*((style.vector, share) for style, share in self.used), strict=True)
        regions = [order.regions.get(style.key) for style, _ in self.used]
        return warm_start(stylizer, content, vectors, weights, regions=regions)

    def _regions(self, order: Order) -> tuple[StyleRegion, ...]:
        """What is painted where: the blend all over, unless styles have masks of their own."""
        vectors, weights = zip(*((style.vector, share) for style, share in self.used), strict=True)
        masks = [order.regions.get(style.key) for style, _ in self.used]
        return by_region(vectors, weights, masks)
