"""What one visitor is about to paint slowly: the picture, the styles, and a sketch of both."""

import functools
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from app.imaging import data_uri
from app.optimize.recipe import OptimizeRecipe
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.serving.stylizer import Stylizer, warm_start
from app.serving.stylizer_bundle import StylizerBundle
from app.ui.painting.session import PaintingSession, PaintingSettings
from app.ui.static_files import share_inline
from training.common.preprocessing import fit

SKETCH_SIDE, SHOWN_SIDE = 640, 1024
"""Longest side of the sketch, and of the picture beside it, in pixels."""

LARGEST = 2048
"""Longest side of anything that is painted slowly, in pixels."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OptimizeSettings(PaintingSettings):
    """What the form says.

    Attributes:
        recipe: how to paint.
        network: which one compares the pictures, of `app.optimize.recipe.NETWORKS`.
        seconds: for how long; None takes the recipe's steps.
        side: longest side of the result in pixels; None for as large as the time allows.
        seed: of all random numbers.
    """

    recipe: OptimizeRecipe
    network: str = "texture"
    seconds: float | None = 60
    side: int | None = 512
    seed: int = 0


@dataclass(frozen=True, eq=False)
class OptimizeFormState:
    """What the form says.

    Attributes:
        settings: how to paint.
        mask_per_style: whether each style has a mask of its own.
    """

    settings: OptimizeSettings
    mask_per_style: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class OptimizeSession(PaintingSession):
    """What a visitor's session holds.

    Attributes:
        sketch: uint8 RGB [h,w,3], the picture in these styles by the instant stylizer; of
            `SKETCH_SIDE`.
    """

    sketch: np.ndarray | None = None

    def sketched(self, stylizer: Stylizer, settings: OptimizeSettings) -> Self:
        """With a new sketch."""
        photograph = fit(self.uploaded.picture, SKETCH_SIDE)
        regions = self.style_regions(settings)
        painted = [stylizer.paint(photograph, region.vector).picture for region in regions]
        return replace(self, sketch=self.finish(settings, painted, photograph))

    @functools.cached_property
    def photograph_source(self) -> str:
        """`src` of the picture in the compare slider; asked for every second while painting."""
        source = data_uri(fit(self.uploaded.picture, SHOWN_SIDE))
        return share_inline(source) if self.uploaded.is_example else source

    def spec(self, bundle: StylizerBundle, settings: OptimizeSettings) -> OptimizationSpec:
        """What the engine is asked for; where it is wanted, with a start by the instant stylizer.

        Raises:
            UserError: the file of the picture is no longer there.
        """
        content = fit(self.uploaded.original(), settings.side or LARGEST)
        styles = [
            StyleSpec(
                style.picture,
                share,
                settings.regions.get(style.key),
                bundle.targets.get(style.preset),
            )
            for style, share in self.style_mix.used
        ]
        warm = settings.recipe.start == "picture"
        return OptimizationSpec(
            content=content,
            styles=tuple(styles),
            recipe=settings.recipe,
            seconds=settings.seconds,
            side=settings.side,
            start=self._start(bundle.stylizer, content, settings) if warm else None,
            mask=settings.mask,
            colours=settings.colours,
            seed=settings.seed,
        )

    def _start(
        self, stylizer: Stylizer, content: np.ndarray, settings: OptimizeSettings
    ) -> np.ndarray:
        used = self.style_mix.used
        vectors, weights = zip(*((style.vector, share) for style, share in used), strict=True)
        regions = [settings.regions.get(style.key) for style, share in used]
        return warm_start(stylizer, content, vectors, weights, regions=regions)
