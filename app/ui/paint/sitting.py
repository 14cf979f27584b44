"""What one visitor paints: the picture, the brush, and the painting so far."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from app.colour import Colours, recolour
from app.serving.mask import fit_mask, lay_inside
from app.serving.resolution import NATIVE, working_size
from app.serving.style import towards
from app.serving.stylizer import Painting, PaintStep, Stylizer
from app.ui.house import Visit
from app.ui.paint.brush import Brush, Style
from training.preprocessing import fit, resize

PREVIEW_SIDE, DRAFT_SIDE = 1024, 512
"""Longest side of what the easel shows, in pixels; and while a slider moves."""

GUEST_SIDE = 640
"""Longest side at which a visitor's own style picture is kept: twice STYLE_SIDE must fit."""


@dataclass(frozen=True, eq=False)
class Wish:
    """What the form says.

    Attributes:
        strength: 0..1.
        colours: whose colours the painting wears.
        size: how large a visitor's own style picture is seen.
        stroke_size: from fine, 0.5, to broad, 2; or `NATIVE`.
        mask: uint8 [h,w], 255 where to paint; None paints everywhere.
    """

    strength: float = 1.0
    colours: Colours = "style"
    size: float = 1.0
    stroke_size: float = 1.0
    mask: np.ndarray | None = None

    @property
    def shown_stroke_size(self) -> float:
        """The same on the easel: at the picture's own resolution painting would take too long."""
        return self.stroke_size or Wish.stroke_size

    @property
    def unmasked(self) -> Self:
        """The same for other pictures, which the mask would not fit."""
        return replace(self, mask=None)

    def finish(self, painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
        """Colours and mask on a painting; both uint8 RGB [H,W,3], as is the result."""
        coloured = recolour(painted, photograph, self.colours)
        if self.mask is None:
            return coloured
        height, width = photograph.shape[:2]
        return lay_inside(photograph, coloured, fit_mask(self.mask, width, height))


@dataclass(frozen=True, eq=False)
class Sitting:
    """It lives in one visitor's session only.

    Attributes:
        visit: the picture, and what the reader says of it.
        own: float32 [D], the picture's own style.
        brush: what is painted with.
        guests: styles of the visitor's own, in the order they came.
        painting: the newest, of `PREVIEW_SIDE`, before colours and mask.
        opening: whether sessions begin with it.
        token: names this sitting; the page repeats it, see `ReadTab`.
    """

    visit: Visit
    own: np.ndarray
    brush: Brush
    guests: tuple[Style, ...] = ()
    painting: Painting | None = None
    opening: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: nothing changes it, and Gradio would copy the first one for every visitor."""
        return self

    def receive(self, visit: Visit, stylizer: Stylizer) -> Self:
        """Another picture on the easel; the brush stays in the hand."""
        own = stylizer.encode(visit.picture)
        token = secrets.token_hex(8)
        return replace(self, visit=visit, own=own, painting=None, opening=False, token=token)

    def photograph(self, side: int = PREVIEW_SIDE) -> np.ndarray:
        """The picture as the easel shows it, uint8 RGB [H,W,3]."""
        return fit(self.visit.picture, side)

    def resized(self, size: float, stylizer: Stylizer) -> Self:
        """The visitor's own styles, seen larger or smaller; presets cannot change."""
        changed = {
            id(guest): replace(guest, vector=stylizer.encode(guest.picture, size))
            for guest in self.guests
            if guest.picture is not None
        }
        styles = tuple(changed.get(id(style), style) for style in self.brush.styles)
        return replace(
            self,
            guests=tuple(changed.values()),
            brush=replace(self.brush, styles=styles),
        )

    def paint(self, stylizer: Stylizer, wish: Wish) -> Self:
        """Paint for the easel, unless this very painting is there already.

        Raises:
            UserError: fine strokes need the picture's file, and it is no longer there.
        """
        vector, size = towards(self.own, self.brush.vector, wish.strength), wish.shown_stroke_size
        known = self.painting
        if known and known.stroke_size == size and np.array_equal(known.vector, vector):
            return self
        # It is of the working size already, so no size is asked for.
        painting = self._paint(stylizer, self._seen(size), wish.strength, NATIVE)
        picture = painting.on(self.photograph())
        return replace(self, painting=replace(painting, picture=picture, stroke_size=size))

    def draft(self, stylizer: Stylizer, wish: Wish) -> Painting:
        """Paint small and fast, while a slider moves; it is not kept."""
        photograph = self.photograph(DRAFT_SIDE)
        return self._paint(stylizer, photograph, wish.strength, wish.shown_stroke_size)

    def _paint(
        self, stylizer: Stylizer, photograph: np.ndarray, strength: float, stroke_size: float
    ) -> Painting:
        return stylizer.paint(
            photograph,
            self.brush.vector,
            strength=strength,
            own=self.own,
            stroke_size=stroke_size,
        )

    def _seen(self, stroke_size: float) -> np.ndarray:
        """The picture at the size it is painted at, uint8 RGB [h,w,3]."""
        size, kept = working_size(*self.visit.size, stroke_size), self.visit.picture
        if max(kept.shape) < min(max(size), max(self.visit.size)):
            kept = self.visit.original()
        return resize(kept, *size)

    def paint_full(self, stylizer: Stylizer, wish: Wish) -> Iterator[PaintStep]:
        """Paint the picture as large as it came; the last step's `picture` is finished.

        What was painted for the easel is brought to full size: it has the same strokes.

        Raises:
            UserError: the file is no longer there.
        """
        photograph = self.visit.original()
        if wish.stroke_size == NATIVE:
            steps = stylizer.steps(
                photograph,
                self.brush.vector,
                strength=wish.strength,
                own=self.own,
                stroke_size=NATIVE,
            )
            for step in steps:
                if step.painting is None:
                    yield step
                else:
                    yield replace(step, picture=wish.finish(step.painting.picture, photograph))
            return
        start = time.perf_counter()
        painting = self.paint(stylizer, wish).painting
        assert painting is not None
        finished = wish.finish(painting.on(photograph), photograph)
        seconds = time.perf_counter() - start
        yield PaintStep(step=1, total=1, picture=finished, seconds=seconds, painting=painting)
