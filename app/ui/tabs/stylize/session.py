"""What one visitor paints: the picture, the brush, and the painting so far."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from app.colour import Colours, recolour
from app.serving.masks import composite, fit_mask, mask_union, mix_by_masks
from app.serving.resolution import NATIVE, working_size
from app.serving.style import StyleRegion, interpolate, style_regions
from app.serving.stylizer import StylizedPicture, Stylizer, StylizeStep
from app.ui.context import UploadedPicture
from app.ui.tabs.stylize.style_mix import MOST_STYLES, Style, StyleMix
from training.common.preprocessing import fit, resize

if TYPE_CHECKING:
    from app.ui.tabs.stylize.results import Result

PREVIEW_SIDE, DRAFT_SIDE = 1024, 512
"""Longest side of what the easel shows, in pixels; and while a slider moves."""

UPLOADED_STYLE_SIDE = 640
"""Longest side at which a visitor's own style picture is kept: twice STYLE_SIDE must fit."""


@dataclass(frozen=True, eq=False)
class StylizeSettings:
    """What the form says.

    Attributes:
        strength: 0..1.
        colours: whose colours the painting wears.
        size: how large a visitor's own style picture is seen.
        stroke_size: from fine, 0.5, to broad, 2; or `NATIVE`.
        mask: uint8 [h,w], 255 where to paint; None paints everywhere.
        regions: where single styles paint, instead, by their keys; see
        `app.ui.tabs.stylize.masking`.
    """

    strength: float = 1.0
    colours: Colours = "style"
    size: float = 1.0
    stroke_size: float = 1.0
    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def shown_stroke_size(self) -> float:
        """The same on the easel: at the picture's own resolution painting would take too long."""
        return self.stroke_size or StylizeSettings.stroke_size

    @property
    def unmasked(self) -> Self:
        """The same for other pictures, which the mask would not fit."""
        return replace(self, mask=None, regions={})

    def finish(self, painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
        """Colours and mask on a painting; both uint8 RGB [H,W,3], as is the result."""
        coloured = recolour(painted, photograph, self.colours)
        if self.mask is None:
            return coloured
        height, width = photograph.shape[:2]
        return composite(photograph, coloured, fit_mask(self.mask, width, height))


@dataclass(frozen=True, eq=False)
class StylizeSession:
    """It lives in one visitor's session only.

    Attributes:
        uploaded: the picture, and its reading.
        own: float32 [D], the picture's own style.
        style_mix: what is painted with.
        uploaded_styles: styles of the visitor's own, in the order they came.
        parts: the newest painting, of `PREVIEW_SIDE`, before colours and masks: one picture, or
            one for each region; see `StylizeSession.regions`.
        results: the last paintings, oldest first.
        compared: number of the result that is shown in the picture's place.
        is_initial: whether sessions begin with it.
        token: names this sitting; the page repeats it, see `ReadTab`.
    """

    uploaded: UploadedPicture
    own: np.ndarray
    style_mix: StyleMix
    uploaded_styles: tuple[Style, ...] = ()
    parts: tuple[StylizedPicture, ...] = ()
    results: tuple["Result", ...] = ()
    compared: int | None = None
    is_initial: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self

    def receive(self, uploaded: UploadedPicture, stylizer: Stylizer) -> Self:
        """Another picture on the easel; the styles stay."""
        own = stylizer.encode(uploaded.picture)
        token = secrets.token_hex(8)
        return replace(self, uploaded=uploaded, own=own, parts=(), is_initial=False, token=token)

    def photograph(self, side: int = PREVIEW_SIDE) -> np.ndarray:
        """The picture as the easel shows it, uint8 RGB [H,W,3]."""
        return fit(self.uploaded.picture, side)

    def resized(self, size: float, stylizer: Stylizer) -> Self:
        """The visitor's own styles, seen larger or smaller; presets cannot change."""
        changed = {
            id(uploaded_style): replace(
                uploaded_style, vector=stylizer.encode(uploaded_style.picture, size)
            )
            for uploaded_style in self.uploaded_styles
            if uploaded_style.picture is not None
        }
        styles = tuple(changed.get(id(style), style) for style in self.style_mix.styles)
        return replace(
            self,
            uploaded_styles=tuple(changed.values()),
            style_mix=replace(self.style_mix, styles=styles),
        )

    def regions(self, settings: StylizeSettings) -> tuple[StyleRegion, ...]:
        """What is painted where: the blend all over, unless styles have masks of their own."""
        styles, weights = self.style_mix.styles, self.style_mix.weights
        masks = [settings.regions.get(style.key) for style in styles]
        return style_regions([s.vector for s in styles], weights, masks, max_styles=MOST_STYLES)

    def paint(self, stylizer: Stylizer, settings: StylizeSettings) -> Self:
        """Paint for the easel, except for what is there already.

        Raises:
            UserError: fine strokes need the picture's file, and it is no longer there.
        """
        size = settings.shown_stroke_size
        known = [part for part in self.parts if part.stroke_size == size]
        parts = []
        for region in self.regions(settings):
            vector = interpolate(self.own, region.vector, settings.strength)
            part = next((part for part in known if np.array_equal(part.vector, vector)), None)
            parts.append(part or self._part(stylizer, region.vector, settings.strength, size))
        if [*map(id, parts)] == [*map(id, self.parts)]:
            return self
        return replace(self, parts=tuple(parts))

    def draft(self, stylizer: Stylizer, settings: StylizeSettings) -> tuple[StylizedPicture, ...]:
        """Paint small and fast, while a slider moves; it is not kept."""
        photograph = self.photograph(DRAFT_SIDE)
        return tuple(
            stylizer.paint(
                photograph,
                region.vector,
                strength=settings.strength,
                own=self.own,
                stroke_size=settings.shown_stroke_size,
            )
            for region in self.regions(settings)
        )

    def finish(
        self, settings: StylizeSettings, pictures: Sequence[np.ndarray], photograph: np.ndarray
    ) -> np.ndarray:
        """Masks and colours on what was painted, uint8 RGB [H,W,3] all.

        Args:
            settings: what the form says.
            pictures: a painting of the photograph for each of `regions`.
            photograph: of the same size.
        """
        masks = [region.mask for region in self.regions(settings)]
        if settings.regions:
            settings = replace(settings, mask=mask_union(masks, *photograph.shape[1::-1]))
        return settings.finish(mix_by_masks(pictures, masks), photograph)

    def _part(
        self, stylizer: Stylizer, vector: np.ndarray, strength: float, stroke_size: float
    ) -> StylizedPicture:
        """The whole picture in one style, float32 [D], for the easel."""
        painting = stylizer.paint(
            self._seen(stroke_size),
            vector,
            strength=strength,
            own=self.own,
            stroke_size=NATIVE,  # It is of the working size already, so no size is asked for.
        )
        picture = painting.on(self.photograph())
        return replace(painting, picture=picture, stroke_size=stroke_size)

    def _seen(self, stroke_size: float) -> np.ndarray:
        """The picture at the size it is painted at, uint8 RGB [h,w,3]."""
        size, kept = working_size(*self.uploaded.size, stroke_size), self.uploaded.picture
        if max(kept.shape) < min(max(size), max(self.uploaded.size)):
            kept = self.uploaded.original()
        return resize(kept, *size)

    def paint_full(self, stylizer: Stylizer, settings: StylizeSettings) -> Iterator[StylizeStep]:
        """Paint the picture as large as it came; the last step's `picture` is finished.

        What was painted for the easel is brought to full size: it has the same strokes.

        Raises:
            UserError: the file is no longer there.
        """
        photograph = self.uploaded.original()
        if settings.stroke_size == NATIVE:
            yield from self._paint_native(stylizer, settings, photograph)
            return
        start = time.perf_counter()
        parts = self.paint(stylizer, settings).parts
        finished = self.finish(settings, [part.on(photograph) for part in parts], photograph)
        seconds = time.perf_counter() - start
        yield StylizeStep(step=1, total=1, picture=finished, seconds=seconds, painting=parts[0])

    def _paint_native(
        self, stylizer: Stylizer, settings: StylizeSettings, photograph: np.ndarray
    ) -> Iterator[StylizeStep]:
        """Paint a picture, uint8 RGB [H,W,3], at its own resolution, region by region."""
        regions, pictures = self.regions(settings), list[np.ndarray]()
        start = time.perf_counter()
        for number, region in enumerate(regions):
            steps = stylizer.steps(
                photograph,
                region.vector,
                strength=settings.strength,
                own=self.own,
                stroke_size=NATIVE,
            )
            for step in steps:
                total = len(regions) * step.total
                seconds = time.perf_counter() - start
                counted = replace(
                    step, step=number * step.total + step.step, total=total, seconds=seconds
                )
                if step.painting is None:
                    yield counted
            assert step.picture is not None
            pictures.append(step.picture)
        yield replace(counted, picture=self.finish(settings, pictures, photograph))
