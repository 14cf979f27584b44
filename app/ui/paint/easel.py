"""What hangs on the easel of the Paint room."""

from html import escape

import numpy as np

from app.serving.resolution import NATIVE
from app.serving.stylizer import Painting
from app.ui.paint.sitting import Sitting, Wish
from app.ui.widgets import Hanging, data_uri
from app.ui.wording import device, percent


def hang(sitting: Sitting, painting: Painting, wish: Wish) -> Hanging:
    """Picture and painting, to be compared.

    Args:
        sitting: what was painted, and with which brush.
        painting: the sitting's own, or a draft.
        wish: colours, mask, and how it is saved.
    """
    photograph = sitting.photograph(max(painting.picture.shape))
    return Hanging(
        picture=data_uri(photograph),
        evidence=data_uri(wish.finish(painting.picture, photograph)),
        ratio=sitting.visit.size[0] / sitting.visit.size[1],
        alt=escape(sitting.visit.title),
        caption=_caption(sitting, wish),
        legend=_legend(sitting, painting, wish),
    )


def _caption(sitting: Sitting, wish: Wish) -> str:
    """The wall label: what, after whom."""
    brush = sitting.brush
    (style, _), *others = brush.parts
    after = f"<b>{escape(sitting.visit.title)}</b> after <i>{escape(brush.words())}</i>"
    if wish.strength < 1:
        after += f" at {percent(wish.strength)}"
    if others or not style.maker:
        return f"{after}."
    return f"{after} by {escape(style.maker)}."


def _legend(sitting: Sitting, painting: Painting, wish: Wish) -> str:
    """At which size it is painted and saved, how long it took, and the rights."""
    rights = {style.rights.partition(";")[0] for style, _ in sitting.brush.parts if style.rights}
    took = f"{painting.milliseconds:.0f}&nbsp;ms on {device(painting.provider)}"
    return f"{_sizes(sitting, painting, wish)}; {took}. {escape('; '.join(sorted(rights)))}"


def _sizes(sitting: Sitting, painting: Painting, wish: Wish) -> str:
    (width, height), saved = painting.strokes.shape[1::-1], sitting.visit.size
    painted, brought = (f"{wide} &times; {high}" for wide, high in ((width, height), saved))
    if painting is not sitting.painting:
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
    """The newest painting with colours and mask, uint8 RGB [H,W,3]."""
    if sitting.painting is None:  # It is being dragged at right now.
        return sitting.photograph()
    return wish.finish(sitting.painting.picture, sitting.photograph())
