"""What one visitor paints at once: the picture, the styles, and the painting so far."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from app.serving.resolution import NATIVE, working_size
from app.serving.style import interpolate
from app.serving.stylizer import StylizedPicture, Stylizer, StylizeStep
from app.ui.context import UploadedPicture
from app.ui.painting.session import PaintingSession, PaintingSettings
from app.ui.tabs.stylize.results import Result
from training.common.preprocessing import fit, resize

PREVIEW_SIDE, DRAFT_SIDE = 1024, 512
"""Longest side of the painting that is shown, in pixels; and while a slider moves."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StylizeSettings(PaintingSettings):
    """What the form says.

    Attributes:
        strength: 0..1.
        style_size: how large a visitor's own style picture is seen.
        stroke_size: from fine, 0.5, to broad, 2; or `NATIVE`.
    """

    strength: float = 1.0
    style_size: float = 1.0
    stroke_size: float = 1.0

    @property
    def shown_stroke_size(self) -> float:
        """The same on the page: at the picture's own resolution painting would take too long."""
        return self.stroke_size or StylizeSettings.stroke_size


@dataclass(frozen=True, eq=False, kw_only=True)
class StylizeSession(PaintingSession):
    """What a visitor's session holds.

    Attributes:
        own: float32 [D], the picture's own style.
        parts: the newest painting, of `PREVIEW_SIDE`, before colours and masks: one picture, or
            one for each region; see `PaintingSession.style_regions`.
        results: the last paintings, oldest first.
        compared: number of the result that is shown in the picture's place.
    """

    own: np.ndarray
    parts: tuple[StylizedPicture, ...] = ()
    results: tuple[Result, ...] = ()
    compared: int | None = None

    def received(self, uploaded: UploadedPicture, stylizer: Stylizer) -> Self:
        """Another picture; the styles stay."""
        own = stylizer.encode(uploaded.picture)
        return replace(self.with_picture(uploaded), own=own, parts=())

    def photograph(self, side: int = PREVIEW_SIDE) -> np.ndarray:
        """The picture as it is shown, uint8 RGB [H,W,3]."""
        return fit(self.uploaded.picture, side)

    def resized(self, size: float, stylizer: Stylizer) -> Self:
        """The visitor's own styles, seen larger or smaller; presets cannot change."""
        changed = {
            id(style): replace(style, vector=stylizer.encode(style.picture, size))
            for style in self.uploaded_styles
            if style.picture is not None
        }
        styles = tuple(changed.get(id(style), style) for style in self.style_mix.styles)
        return replace(
            self,
            uploaded_styles=tuple(changed.values()),
            style_mix=replace(self.style_mix, styles=styles),
        )

    def paint(self, stylizer: Stylizer, settings: StylizeSettings) -> Self:
        """Paint as large as it is shown, except for what is there already.

        Raises:
            UserError: fine strokes need the picture's file, and it is no longer there.
        """
        size = settings.shown_stroke_size
        known = [part for part in self.parts if part.stroke_size == size]
        parts = []
        for region in self.style_regions(settings):
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
            for region in self.style_regions(settings)
        )

    def shown(self, settings: StylizeSettings) -> np.ndarray:
        """The newest painting with colours and masks, uint8 RGB [H,W,3]."""
        if len(self.parts) != len(self.style_regions(settings)):  # A slider is being dragged now.
            return self.photograph()
        return self.finish(settings, [part.picture for part in self.parts], self.photograph())

    def _part(
        self, stylizer: Stylizer, vector: np.ndarray, strength: float, stroke_size: float
    ) -> StylizedPicture:
        """The whole picture in one style, float32 [D], as large as it is shown."""
        painting = stylizer.paint(
            self._working_picture(stroke_size),
            vector,
            strength=strength,
            own=self.own,
            stroke_size=NATIVE,  # It is of the working size already, so no size is asked for.
        )
        picture = painting.on(self.photograph())
        return replace(painting, picture=picture, stroke_size=stroke_size)

    def _working_picture(self, stroke_size: float) -> np.ndarray:
        """The picture at the size it is painted at, uint8 RGB [h,w,3]."""
        size, kept = working_size(*self.uploaded.size, stroke_size), self.uploaded.picture
        if max(kept.shape) < min(max(size), max(self.uploaded.size)):
            kept = self.uploaded.original()
        return resize(kept, *size)

    def paint_full(self, stylizer: Stylizer, settings: StylizeSettings) -> Iterator[StylizeStep]:
        """Paint the picture as large as it came; the last step's `picture` is finished.

        What is shown is enlarged to full size: it has the same strokes.

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
        regions, pictures = self.style_regions(settings), list[np.ndarray]()
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
