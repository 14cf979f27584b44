"""From the form to a receipt, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from app.colour import Colours
from app.receipt import Receipt, StyleShare
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.style import STYLE_SIZES
from app.serving.stylizer import Stylizer
from app.ui.paint.brush import FULL, MOST_STYLES, Brush, Style
from app.ui.paint.palette import Palette
from app.ui.paint.sitting import Wish
from app.ui.wording import in_words


def write(title: str, brush: Brush, wish: Wish, stylizer: Stylizer) -> Receipt:
    """How a picture of that title was painted."""
    return Receipt(
        styles=brush.shares(),
        settings={
            "picture": title,
            "strength": wish.strength,
            "colours": wish.colours,
            "style size": wish.size,
            "stroke size": wish.stroke_size,
            "mask": wish.mask is not None,
        },
        networks={"stylizer": stylizer.version, "style encoder": stylizer.version},
        provider=stylizer.painter.provider,
    )


@dataclass(frozen=True, eq=False)
class Restored:
    """What a receipt could bring back.

    Attributes:
        brush: None if none of its styles is to be had.
        wish: without a mask: a drawing is not written down.
        notice: what was restored, and what was not.
    """

    brush: Brush | None
    wish: Wish
    notice: str


def restore(receipt: Receipt, palette: Palette) -> Restored:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones."""
    said, usual = receipt.settings, Wish()
    colours = next((c for c in get_args(Colours) if c == said.get("colours")), usual.colours)
    wish = Wish(
        strength=in_range(said.get("strength"), 0, 1, usual.strength),
        colours=colours,
        size=in_range(said.get("style size"), *STYLE_SIZES, usual.size),
        stroke_size=_stroke_size(said.get("stroke size"), usual.stroke_size),
    )
    brush, lost = restored_brush(
        receipt, lambda share: palette.named(share.preset) if share.preset else None
    )
    return Restored(brush, wish, restored_notice("brush", lost, receipt))


def restored_brush(
    receipt: Receipt, find: Callable[[StyleShare], Style | None]
) -> tuple[Brush | None, list[str]]:
    """The brush that a receipt names, and the titles of the styles that are not to be had."""
    shares = [share for share in receipt.styles if share.weight > 0][:MOST_STYLES]
    heaviest = max((share.weight for share in shares), default=1)
    found, lost = [], []
    for share in shares:
        style = find(share)
        if style is None:
            lost.append(share.title)
        else:
            found.append((style, FULL * share.weight / heaviest))
    return (Brush(*map(tuple, zip(*found, strict=True))) if found else None), lost


def in_range(value: object, low: float, high: float, usual: float) -> float:
    """A number that a receipt says, or the usual one if it says nothing that makes sense."""
    ok = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return float(value) if ok else usual  # type: ignore[arg-type]


def _stroke_size(value: object, usual: float) -> float:
    """The stroke size that a receipt says; those of earlier versions say none."""
    return in_range(value, NATIVE, NATIVE, in_range(value, *STROKE_SIZES, usual))


def restored_notice(what: str, lost: list[str], receipt: Receipt) -> str:
    """What a receipt brought back ("brush", "styles"), and what a person must bring again."""
    notice = f"This painting brought its receipt: {what} and settings are set as they were."
    if lost:
        names = in_words([f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}"
                          for title in lost], "and")  # fmt: skip
        notice += f" Please bring {names} again; a receipt holds no pictures."
    if receipt.settings.get("mask") is True:
        notice += " It was painted in part only; draw the mask again."
    return notice
