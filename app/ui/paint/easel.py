"""What hangs on the easel of the Paint room."""

from html import escape

import numpy as np

from app.serving.stylizer import Painting
from app.ui.paint.sitting import Sitting, Wish
from app.ui.widgets import Hanging, data_uri
from app.ui.wording import device, percent


def hang(sitting: Sitting, painting: Painting, wish: Wish) -> Hanging:
    """Picture and painting, to be compared.

    Args:
        sitting: what was painted, and with which brush.
        painting: the sitting's own, or a draft.
        wish: colours and mask.
    """
    photograph = sitting.photograph(max(painting.picture.shape))
    return Hanging(
        picture=data_uri(photograph),
        evidence=data_uri(wish.finish(painting.picture, photograph)),
        ratio=sitting.visit.size[0] / sitting.visit.size[1],
        alt=escape(sitting.visit.title),
        caption=_caption(sitting, wish),
        legend=_legend(sitting, painting),
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


def _legend(sitting: Sitting, painting: Painting) -> str:
    """How long it took, and the rights."""
    height, width = painting.picture.shape[:2]
    size = f"{width} &times; {height}"
    made = f"Painted at {size} pixels on {device(painting.provider)} in"
    rights = {style.rights.partition(";")[0] for style, _ in sitting.brush.parts if style.rights}
    return f"{made} {painting.milliseconds:.0f}&nbsp;ms. {escape('; '.join(sorted(rights)))}"


def as_painted(sitting: Sitting, wish: Wish) -> np.ndarray:
    """The newest painting with colours and mask, uint8 RGB [H,W,3]."""
    if sitting.painting is None:  # It is being dragged at right now.
        return sitting.photograph()
    return wish.finish(sitting.painting.picture, sitting.photograph())
