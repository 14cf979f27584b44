"""From the form to a receipt, and back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, get_args

from app.colour import Colours
from app.examples import EXAMPLES
from app.generation_parameters import GenerationParameters, StyleShare
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.style import STYLE_SIZES
from app.serving.stylizer import Stylizer
from app.ui.context import UploadedPicture
from app.ui.tabs.stylize.session import StylizeSettings
from app.ui.tabs.stylize.style_mix import FULL, MOST_STYLES, Style, StyleMix
from app.ui.wording import in_words

SLOWLY = "slowly"
"""How a receipt says that a picture was painted by optimisation."""


def write(
    title: str, style_mix: StyleMix, settings: StylizeSettings, stylizer: Stylizer, note: str = ""
) -> GenerationParameters:
    """How a picture of that title was painted; `note` says what to know of its file."""
    return GenerationParameters(
        styles=style_mix.shares(),
        settings={
            **({"note": note} if note else {}),
            "picture": title,
            "strength": settings.strength,
            "colours": settings.colours,
            "style size": settings.size,
            "stroke size": settings.stroke_size,
            "mask": settings.mask is not None
            or any(s.key in settings.regions for s in style_mix.styles),
        },
        networks={"stylizer": stylizer.version, "style encoder": stylizer.version},
        provider=stylizer.painter.provider,
    )


SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, eq=False)
class Restored(Generic[SettingsT]):
    """What a receipt could bring back.

    Attributes:
        style_mix: None if none of its styles is to be had.
        settings: without a mask: a drawing is not written down.
        notice: what was restored, and what was not.
        example: index of the example to take in place of another one.
    """

    style_mix: StyleMix | None
    settings: SettingsT
    notice: str
    example: int | None


def restore(
    parameters: GenerationParameters,
    known: Callable[[StyleShare], Style | None],
    now: StylizeSettings,
    uploaded: UploadedPicture,
) -> Restored[StylizeSettings]:
    """Read a receipt, which may be a stranger's: values out of range become the usual ones.

    Args:
        parameters: of a picture painted at once, or slowly.
        known: finds its styles.
        now: what the form says; what is painted slowly has neither strength nor stroke size.
        uploaded: the picture that is there.
    """
    said, usual = parameters.settings, StylizeSettings()
    colours = next((c for c in get_args(Colours) if c == said.get("colours")), usual.colours)
    size = in_range(said.get("style size"), *STYLE_SIZES, usual.size)
    if said.get("painted") == SLOWLY:
        settings = replace(now.unmasked, colours=colours, size=size)
    else:
        settings = StylizeSettings(
            strength=in_range(said.get("strength"), 0, 1, usual.strength),
            colours=colours,
            size=size,
            stroke_size=_stroke_size(said.get("stroke size"), usual.stroke_size),
        )
    style_mix, lost = restored_brush(parameters, known)
    example = example_of(parameters, uploaded)
    notice = restored_notice(parameters, style_mix, lost, uploaded, slowly=False)
    return Restored(style_mix, settings, notice, example)


def example_of(parameters: GenerationParameters, uploaded: UploadedPicture) -> int | None:
    """Index of the example that was painted, if another example is there now."""
    titles = [example.title for example in EXAMPLES]
    title = parameters.settings.get("picture")
    if not uploaded.is_example or title == uploaded.title or title not in titles:
        return None
    return titles.index(str(title))


def restored_brush(
    parameters: GenerationParameters, find: Callable[[StyleShare], Style | None]
) -> tuple[StyleMix | None, list[StyleShare]]:
    """The styles that a receipt names, and those of them that are not to be had."""
    shares = [share for share in parameters.styles if share.weight > 0][:MOST_STYLES]
    heaviest = max((share.weight for share in shares), default=1)
    found, lost = [], []
    for share in shares:
        style = find(share)
        if style is None:
            lost.append(share)
        else:
            found.append((style, FULL * share.weight / heaviest))
    return (StyleMix(*map(tuple, zip(*found, strict=True))) if found else None), lost


def in_range(value: object, low: float, high: float, usual: float) -> float:
    """A number that a receipt says, or the usual one if it says nothing that makes sense."""
    ok = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return float(value) if ok else usual  # type: ignore[arg-type]


def _stroke_size(value: object, usual: float) -> float:
    """The stroke size that a receipt says; those of earlier versions say none."""
    return in_range(value, NATIVE, NATIVE, in_range(value, *STROKE_SIZES, usual))


def restored_notice(
    parameters: GenerationParameters,
    style_mix: StyleMix | None,
    lost: list[StyleShare],
    uploaded: UploadedPicture,
    *,
    slowly: bool,
) -> str:
    """What a receipt brought back, and what a person must bring.

    Args:
        parameters: what was read.
        style_mix: the styles that were found; None if there were none.
        lost: those that were not.
        uploaded: the picture that was there.
        slowly: whether it is brought back where pictures are painted slowly.
    """
    sentences = [_done(parameters, style_mix, slowly=slowly), *_lost(lost, slowly=slowly)]
    if parameters.settings.get("mask") is True:
        sentences.append("The mask is not in the file: draw it again.")
    title = str(parameters.settings.get("picture"))
    an_example = title in [example.title for example in EXAMPLES]
    if title == uploaded.title or (an_example and uploaded.is_example):
        return " ".join(sentences)
    if an_example:
        sentences.append(f"It was painted of our example {_quoted([title])}; your picture stays.")
    else:
        sentences.append("The photograph is not in the file: upload it, or go on with this one.")
    return " ".join(sentences)


def _done(parameters: GenerationParameters, style_mix: StyleMix | None, *, slowly: bool) -> str:
    """What was set."""
    was_slow = parameters.settings.get("painted") == SLOWLY
    if was_slow == slowly:
        return f"{'Styles and settings' if style_mix else 'The settings'} are set as they were."
    made, here = ("slowly", "at once") if was_slow else ("at once", "slowly")
    what = "styles, colours and style size" if style_mix else "colours and style size"
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
