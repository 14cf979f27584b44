"""From the form to a receipt, and back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from app.colour import Colours
from app.examples import EXAMPLES
from app.receipt import Receipt, StyleShare
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.style import STYLE_SIZES
from app.serving.stylizer import Stylizer
from app.ui.house import Visit
from app.ui.paint.brush import FULL, MOST_STYLES, Brush, Style
from app.ui.paint.sitting import Wish
from app.ui.wording import in_words

SLOWLY = "slowly"
"""How a receipt says that a picture was painted by optimisation."""


def write(title: str, brush: Brush, wish: Wish, stylizer: Stylizer, note: str = "") -> Receipt:
    """How a picture of that title was painted; `note` says what to know of its file."""
    return Receipt(
        styles=brush.shares(),
        settings={
            **({"note": note} if note else {}),
            "picture": title,
            "strength": wish.strength,
            "colours": wish.colours,
            "style size": wish.size,
            "stroke size": wish.stroke_size,
            "mask": wish.mask is not None or any(s.key in wish.regions for s in brush.styles),
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
        example: index of the example to take in place of another one.
    """

    brush: Brush | None
    wish: Wish
    notice: str
    example: int | None


def restore(
    receipt: Receipt, known: Callable[[StyleShare], Style | None], now: Wish, visit: Visit
) -> Restored:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones.

    Args:
        receipt: of a picture painted at once, or slowly.
        known: finds its styles.
        now: what the form says; what is painted slowly has neither strength nor stroke size.
        visit: the picture that is there.
    """
    said, usual = receipt.settings, Wish()
    colours = next((c for c in get_args(Colours) if c == said.get("colours")), usual.colours)
    size = in_range(said.get("style size"), *STYLE_SIZES, usual.size)
    if said.get("painted") == SLOWLY:
        wish = replace(now.unmasked, colours=colours, size=size)
    else:
        wish = Wish(
            strength=in_range(said.get("strength"), 0, 1, usual.strength),
            colours=colours,
            size=size,
            stroke_size=_stroke_size(said.get("stroke size"), usual.stroke_size),
        )
    brush, lost = restored_brush(receipt, known)
    example = example_of(receipt, visit)
    notice = restored_notice(receipt, brush, lost, visit, slowly=False)
    return Restored(brush, wish, notice, example)


def example_of(receipt: Receipt, visit: Visit) -> int | None:
    """Index of the example that was painted, if another example is there now."""
    titles = [example.title for example in EXAMPLES]
    title = receipt.settings.get("picture")
    if not visit.ours or title == visit.title or title not in titles:
        return None
    return titles.index(str(title))


def restored_brush(
    receipt: Receipt, find: Callable[[StyleShare], Style | None]
) -> tuple[Brush | None, list[StyleShare]]:
    """The styles that a receipt names, and those of them that are not to be had."""
    shares = [share for share in receipt.styles if share.weight > 0][:MOST_STYLES]
    heaviest = max((share.weight for share in shares), default=1)
    found, lost = [], []
    for share in shares:
        style = find(share)
        if style is None:
            lost.append(share)
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


def restored_notice(
    receipt: Receipt, brush: Brush | None, lost: list[StyleShare], visit: Visit, *, slowly: bool
) -> str:
    """What a receipt brought back, and what a person must bring.

    Args:
        receipt: what was read.
        brush: the styles that were found; None if there were none.
        lost: those that were not.
        visit: the picture that was there.
        slowly: whether it is brought back where pictures are painted slowly.
    """
    sentences = [_done(receipt, brush, slowly=slowly), *_lost(lost, slowly=slowly)]
    if receipt.settings.get("mask") is True:
        sentences.append("The mask is not in the file: draw it again.")
    title = str(receipt.settings.get("picture"))
    an_example = title in [example.title for example in EXAMPLES]
    if title == visit.title or (an_example and visit.ours):
        return " ".join(sentences)
    if an_example:
        sentences.append(f"It was painted of our example {_quoted([title])}; your picture stays.")
    else:
        sentences.append("The photograph is not in the file: upload it, or go on with this one.")
    return " ".join(sentences)


def _done(receipt: Receipt, brush: Brush | None, *, slowly: bool) -> str:
    """What was set."""
    was_slow = receipt.settings.get("painted") == SLOWLY
    if was_slow == slowly:
        return f"{'Styles and settings' if brush else 'The settings'} are set as they were."
    made, here = ("slowly", "at once") if was_slow else ("at once", "slowly")
    what = "styles, colours and style size" if brush else "colours and style size"
    return f"This was painted {made}: its {what} are set for painting {here}, the rest stays."


def _lost(shares: list[StyleShare], *, slowly: bool) -> list[str]:
    """Sentences on the styles that were not found."""
    uploads = [share.title for share in shares if not share.preset]
    presets = [share.title for share in shares if share.preset]
    sentences = []
    if uploads:
        sentences.append(f"Not in the file: the style {_quoted(uploads)}. Upload it again.")
    if presets and slowly:
        sentences.append(f"{_quoted(presets)} can only be painted at once.")
    elif presets:
        sentences.append(f"This version has no style {_quoted(presets)}.")
    return sentences


def _quoted(titles: list[str]) -> str:
    left, right = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
    return in_words([f"{left}{title}{right}" for title in titles], "and")
