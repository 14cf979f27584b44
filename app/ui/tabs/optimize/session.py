"""What one visitor is about to paint slowly: the picture, the styles, and a sketch of both."""

import functools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.colour import Colours, recolour
from app.imaging import data_uri
from app.optimize.recipe import OptimizeRecipe
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.serving.masks import composite, fit_mask, mask_union, mix_by_masks
from app.serving.style import StyleRegion, style_regions
from app.serving.stylizer import Stylizer, warm_start
from app.serving.stylizer_bundle import StylizerBundle
from app.ui.context import UploadedPicture
from app.ui.static_files import share_inline
from app.ui.tabs.stylize.style_mix import Style, StyleMix
from training.common.preprocessing import fit

SKETCH_SIDE, SHOWN_SIDE = 640, 1024
"""Longest side of the sketch, and of the picture beside it, in pixels."""

LARGEST = 2048
"""Longest side of anything that is painted slowly, in pixels."""


@dataclass(frozen=True, eq=False)
class OptimizeSettings:
    """What the form says.

    Attributes:
        recipe: how to paint.
        network: which one looks at the pictures.
        seconds: for how long; None takes the recipe's steps.
        side: longest side of the result in pixels; None for as large as the time allows.
        colours: whose colours the painting wears.
        mask: uint8 [h,w], 255 where to paint; None for everywhere.
        regions: where single styles paint, instead, by their keys; see
            `app.ui.tabs.stylize.masking`.
        seed: of all chance.
    """

    recipe: OptimizeRecipe
    network: str = "texture"
    seconds: float | None = 60
    side: int | None = 512
    colours: Colours = "style"
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class OptimizeSession:
    """It lives in one visitor's session only.

    Attributes:
        uploaded: the picture, and its reading.
        style_mix: the styles, each with its picture, and what each weighs.
        uploaded_styles: styles of the visitor's own, in the order they came.
        sketch: uint8 RGB [h,w,3], what the instant painter makes of it; of `SKETCH_SIDE`.
        is_initial: whether sessions begin with it.
        token: names this sitting; the page repeats it, see `ReadTab`.
    """

    uploaded: UploadedPicture
    style_mix: StyleMix
    uploaded_styles: tuple[Style, ...] = ()
    sketch: np.ndarray | None = None
    is_initial: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self

    def receive(self, uploaded: UploadedPicture) -> Self:
        """Another picture on the easel; the styles stay."""
        return replace(self, uploaded=uploaded, is_initial=False, token=secrets.token_hex(8))

    def sketched(self, stylizer: Stylizer, settings: OptimizeSettings) -> Self:
        """With a new sketch."""
        shown = fit(self.uploaded.picture, SKETCH_SIDE)
        regions = self._regions(settings)
        painted = [stylizer.paint(shown, region.vector).picture for region in regions]
        masks = [region.mask for region in regions]
        height, width = shown.shape[:2]
        mask = mask_union(masks, width, height) if settings.regions else settings.mask
        sketch = recolour(mix_by_masks(painted, masks), shown, settings.colours)
        if mask is not None:
            sketch = composite(shown, sketch, fit_mask(mask, width, height))
        return replace(self, sketch=sketch)

    @functools.cached_property
    def shown(self) -> str:
        """The picture as an easel wants it; it is wanted every second while it is painted."""
        source = data_uri(fit(self.uploaded.picture, SHOWN_SIDE))
        return share_inline(source) if self.uploaded.is_example else source

    @property
    def used(self) -> list[tuple[Style, float]]:
        """Styles that count, with their shares, in the order they were chosen."""
        total = sum(self.style_mix.weights)
        pairs = zip(self.style_mix.styles, self.style_mix.weights, strict=True)
        return [(style, weight / total) for style, weight in pairs if weight > 0]

    def spec(self, bundle: StylizerBundle, settings: OptimizeSettings) -> OptimizationSpec:
        """What the engine is asked for; the instant painter paints the start where it is wanted.

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
            for style, share in self.used
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
        vectors, weights = zip(*((style.vector, share) for style, share in self.used), strict=True)
        regions = [settings.regions.get(style.key) for style, _ in self.used]
        return warm_start(stylizer, content, vectors, weights, regions=regions)

    def _regions(self, settings: OptimizeSettings) -> tuple[StyleRegion, ...]:
        """What is painted where: the blend all over, unless styles have masks of their own."""
        vectors, weights = zip(*((style.vector, share) for style, share in self.used), strict=True)
        masks = [settings.regions.get(style.key) for style, _ in self.used]
        return style_regions(vectors, weights, masks)
