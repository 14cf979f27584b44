"""What the Paint tab shows of a picture and its painting."""

from collections.abc import Sequence
from html import escape

import numpy as np

from app.imaging import data_uri
from app.serving.resolution import NATIVE
from app.serving.stylizer import Painting
from app.ui.paint.sitting import Sitting, Wish
from app.ui.widgets import Hanging
from app.ui.wording import device, percent


def hang(sitting: Sitting, parts: Sequence[Painting], wish: Wish) -> Hanging:
    """Picture and painting, to be compared.

    Args:
        sitting: what was painted, and in which styles.
        parts: the sitting's own, or a draft's; one for each region.
        wish: colours, masks, and how it is saved.
    """
    pictures = [part.picture for part in parts]
    photograph = sitting.photograph(max(pictures[0].shape))
    return Hanging(
        picture=data_uri(photograph),
        evidence=data_uri(sitting.finish(wish, pictures, photograph)),
        ratio=sitting.visit.size[0] / sitting.visit.size[1],
        alt=escape(sitting.visit.title),
        caption=_caption(sitting, wish),
        legend=_legend(sitting, parts, wish),
    )


def _caption(sitting: Sitting, wish: Wish) -> str:
    """What it is, after whom."""
    brush = sitting.brush
    (style, _), *others = brush.parts
    words = brush.words()
    if len(sitting.regions(wish)) > 1:
        words = f"{brush.titles()}, each in its place"
    after = f"<b>{escape(sitting.visit.title)}</b> after <i>{escape(words)}</i>"
    if wish.strength < 1:
        after += f" at {percent(wish.strength)}"
    if others or not style.maker:
        return f"{after}."
    return f"{after} by {escape(style.maker)}."


def _legend(sitting: Sitting, parts: Sequence[Painting], wish: Wish) -> str:
    """At which size it is painted and saved, how long it took, and the rights."""
    rights = {style.rights.partition(";")[0] for style, _ in sitting.brush.parts if style.rights}
    took = f"{sum(part.milliseconds for part in parts):.0f}&nbsp;ms on {device(parts[0].provider)}"
    return f"{_sizes(sitting, parts, wish)}; {took}. {escape('; '.join(sorted(rights)))}"


def _sizes(sitting: Sitting, parts: Sequence[Painting], wish: Wish) -> str:
    (width, height), saved = parts[0].strokes.shape[1::-1], sitting.visit.size
    painted, brought = (f"{wide} &times; {high}" for wide, high in ((width, height), saved))
    if parts is not sitting.parts:
        return f"A draft, painted at {painted} pixels"
    if painted == brought:
        return f"Painted and saved at {painted} pixels"
    if wish.stroke_size == NATIVE:
        return (
            f"Painted at {painted} pixels to be shown here; saved, it is painted at {brought},"
            " with finer strokes"
        )
    detail = " with the photograph&rsquo;s detail" if width < saved[0] or height < saved[1] else ""
    return f"Painted at {painted} pixels, brought to {brought}{detail}"


def as_painted(sitting: Sitting, wish: Wish) -> np.ndarray:
    """The newest painting with colours and masks, uint8 RGB [H,W,3]."""
    if len(sitting.parts) != len(sitting.regions(wish)):  # A slider is being dragged right now.
        return sitting.photograph()
    return sitting.finish(wish, [part.picture for part in sitting.parts], sitting.photograph())
