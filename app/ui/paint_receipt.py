"""From the form to a receipt, and back."""

from dataclasses import dataclass
from typing import get_args

from app.colour import Colours
from app.receipt import Receipt
from app.serving.style import STYLE_SIZES
from app.serving.stylizer import Stylizer
from app.ui.paint_brush import FULL, MOST_STYLES, Brush
from app.ui.paint_palette import Palette
from app.ui.paint_sitting import Wish
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
        strength=_number(said.get("strength"), 0, 1, usual.strength),
        colours=colours,
        size=_number(said.get("style size"), *STYLE_SIZES, usual.size),
    )
    shares = [share for share in receipt.styles if share.weight > 0][:MOST_STYLES]
    heaviest = max((share.weight for share in shares), default=1)
    found, lost = [], []
    for share in shares:
        style = palette.named(share.preset) if share.preset else None
        if style is None:
            lost.append(share.title)
        else:
            found.append((style, FULL * share.weight / heaviest))
    brush = Brush(*map(tuple, zip(*found, strict=True))) if found else None
    return Restored(brush, wish, _notice(lost, masked=said.get("mask") is True))


def _number(value: object, low: float, high: float, usual: float) -> float:
    ok = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return float(value) if ok else usual  # type: ignore[arg-type]


def _notice(lost: list[str], *, masked: bool) -> str:
    notice = "This painting brought its receipt: brush and settings are set as they were."
    if lost:
        names = in_words([f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}"
                          for title in lost], "and")  # fmt: skip
        notice += f" Please bring {names} again; a receipt holds no pictures."
    if masked:
        notice += " It was painted in part only; draw the mask again."
    return notice
