"""A picture's texture in charts: measures beside the movements', directions, and its palette."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.serving.averages import ADJECTIVES, Averages, Spread
from app.translation import gettext as _
from app.ui.wording import percent
from training.common.texture_features.measures import MEASURES, Measure
from training.common.texture_features.palette import Swatch
from training.common.texture_features.working_picture import to_lab

_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_DIRECTED = 1.5  # How much more than its even share the commonest direction has, to be named.
_DIRECTIONS = {
    0: _("Most strokes and edges run level."),
    1: _("Most strokes and edges run gently rising to the right."),
    3: _("Most strokes and edges run rising to the right."),
    6: _("Most strokes and edges run upright."),
    9: _("Most strokes and edges run falling to the right."),
    11: _("Most strokes and edges run gently falling to the right."),
}
"""Sentences by bin of twelve; the nearest counts."""


_HUE_WEIGHT = 1.5
"""How much more a difference of hue or chroma counts for a name than one of lightness."""

_NAMES = {
    "#111111": _("black"),
    "#242426": _("soft black"),
    "#3f3f41": _("charcoal"),
    "#5f6a75": _("slate grey"),
    "#8a8a8a": _("grey"),
    "#9a928a": _("warm grey"),
    "#7f8b84": _("green grey"),
    "#75858f": _("blue grey"),
    "#bdbdbb": _("pale grey"),
    "#fafafa": _("white"),
    "#f3ead3": _("ivory"),
    "#ead9ae": _("cream"),
    "#cdb48a": _("sand"),
    "#b39b7c": _("beige"),
    "#84725f": _("taupe"),
    "#5b4433": _("umber"),
    "#33241c": _("dark brown"),
    "#7a4a28": _("brown"),
    "#a0562d": _("sienna"),
    "#c58a2b": _("ochre"),
    "#e8802a": _("orange"),
    "#f0b48c": _("peach"),
    "#e0b040": _("gold"),
    "#f2d338": _("yellow"),
    "#f4e793": _("pale yellow"),
    "#75702f": _("olive"),
    "#56653a": _("moss green"),
    "#22402c": _("dark green"),
    "#3d8a44": _("green"),
    "#99a784": _("sage"),
    "#a9d8b8": _("mint"),
    "#3aa6a0": _("turquoise"),
    "#1f4d57": _("petrol"),
    "#23303f": _("ink blue"),
    "#22305c": _("navy"),
    "#44588a": _("dusk blue"),
    "#8fbbdf": _("sky blue"),
    "#c4d6e2": _("pale blue"),
    "#5880a5": _("steel blue"),
    "#2b5fc0": _("blue"),
    "#2a35a8": _("ultramarine"),
    "#1c2340": _("midnight blue"),
    "#b3a6cf": _("lavender"),
    "#6e4b9e": _("violet"),
    "#5a2d4f": _("plum"),
    "#a07f94": _("mauve"),
    "#c43a86": _("magenta"),
    "#eaa9b8": _("pink"),
    "#d0687d": _("rose"),
    "#cf2b2b": _("red"),
    "#9a1b33": _("crimson"),
    "#551d22": _("maroon"),
    "#bd6146": _("terracotta"),
}
"""What people call colours."""


def strips_html(
    numbers: Mapping[str, float], averages: Averages | None, movement: str | None
) -> str:
    """HTML of all measures.

    Args:
        numbers: of the picture, by name of the measure; nan where it has nothing of the kind.
        averages: of the movements, if they are shipped.
        movement: what the network reads in the picture; None of one that is outside of all.
    """
    parts = (_measure(measure, numbers[measure.name], averages, movement) for measure in MEASURES)
    return f'<div class="measures">{"".join(parts)}</div>'


def sentence(
    measure: Measure, value: float, averages: Averages | None, movement: str | None
) -> str:
    """A picture beside the movements, as one sentence."""
    if math.isnan(value):
        return _("This picture has nothing of the kind.")
    if averages is None:
        return ""
    nearest = averages.nearest(measure.name, value)
    adjective = ADJECTIVES.get(nearest, nearest)
    if movement is None:
        return _("Most like the middle of {movement} paintings.").format(movement=adjective)
    comparison = averages.compare(measure, movement, value)
    comparison = f"{comparison[0].upper()}{comparison[1:]}"
    if nearest == movement:
        return f"{comparison}."
    return _("{comparison}; most like the middle of {movement} paintings.").format(
        comparison=comparison, movement=adjective
    )


def _measure(
    measure: Measure, value: float, averages: Averages | None, movement: str | None
) -> str:
    number = "&ndash;" if math.isnan(value) else measure.write(value)
    strip = "" if averages is None else _strip_html(measure, value, averages, movement)
    return (
        f'<figure class="measure"><h3>{measure.title} <b>{number}</b></h3>'
        f'<p class="small">{escape(measure.meaning)}</p>{strip}'
        f"<figcaption>{escape(sentence(measure, value, averages, movement))}</figcaption></figure>"
    )


def _strip_html(measure: Measure, value: float, averages: Averages, movement: str | None) -> str:
    spreads = averages.spreads[measure.name]
    stops = {
        name: np.interp(_QUANTILES, averages.levels, each.quantiles).tolist()
        for name, each in spreads.items()
    }
    ends = [stop[side] for stop in stops.values() for side in (0, -1)]
    ends += [] if math.isnan(value) else [value]
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def at(number: float) -> float:
        return 100 * (number - low) / (high - low)

    rows = "".join(
        _row(
            name,
            [at(stop) for stop in stops[name]],
            _strip_words(measure, stops[name], each),
            None if math.isnan(value) else at(value),
            name == movement,
        )
        for name, each in spreads.items()
    )
    return f'<div class="strip">{rows}</div>'


def _row(name: str, places: list[float], words: str, here: float | None, likely: bool) -> str:
    """A movement's strip: quantiles and the picture, all in percent from the left."""
    low, lower, median, upper, high = places
    line = "" if here is None else f'<i class="here" style="left: {here:.2f}%"></i>'
    kind = ' class="likely"' if likely else ""
    return (
        f'<span{kind}>{escape(name)}</span><div role="img" aria-label="{escape(name)}: {words}"'
        f' title="{words}"><i class="wide" style="left: {low:.2f}%; width: {high - low:.2f}%"></i>'
        f'<i class="half" style="left: {lower:.2f}%; width: {upper - lower:.2f}%"></i>'
        f'<i class="middle" style="left: {median:.2f}%"></i>{line}</div>'
    )


def _strip_words(measure: Measure, stops: list[float], spread: Spread) -> str:
    return _("eight of ten of {count} paintings from {low} to {high}, mean {mean}").format(
        count=spread.count,
        low=measure.write(stops[0]),
        high=measure.write(stops[-1]),
        mean=measure.write(spread.mean),
    )


def direction_words(directions: np.ndarray) -> str:
    """Which way a picture's strokes run, in words; `directions` are shares, float32 [12]."""
    if directions.sum() == 0:
        return _("There is nothing to see that has a direction.")
    count = len(directions)
    best = int(directions.argmax())
    if directions[best] < _DIRECTED / count:
        return _("Strokes and edges run in all directions alike.")
    nearest = min(_DIRECTIONS, key=lambda one: min((best - one) % count, (one - best) % count))
    return _DIRECTIONS[nearest]


def rose_html(directions: np.ndarray, usual: np.ndarray | None, movement: str) -> str:
    """A rose of directions as SVG: the length of a petal is the share of its direction.

    Args:
        directions: of the picture, shares, float32 [12], the first is level.
        usual: the mean of a movement's paintings, drawn as a line; or None.
        movement: which.
    """
    most = max(float(directions.max()), 0.0 if usual is None else float(usual.max()), 1e-6)
    petals = "".join(
        f'<path d="{_petal(index + half * len(directions), len(directions), share / most)}"/>'
        for index, share in enumerate(directions)
        for half in (0, 1)
    )
    line = ""
    if usual is not None:
        points = " ".join(
            "{:.1f},{:.1f}".format(*_point(index * math.pi / len(usual), share / most))
            for index, share in enumerate(np.tile(usual, 2))
        )
        line = f'<polygon class="usual" points="{points}"/>'
    legend = _(
        "Petals are as long as so much runs their way; where in the picture, the strokes show."
    )
    if usual is not None:
        legend = _(
            "Petals are as long as so much runs their way; the line is the mean of {movement}"
            " paintings; where in the picture, the strokes show."
        ).format(movement=escape(ADJECTIVES.get(movement, movement)))
    return (
        '<figure class="rose"><svg viewBox="-104 -104 208 208" role="img"'
        f' aria-label="{_("Rose of directions")}"><circle r="100"/>{petals}{line}</svg>'
        f"<figcaption>{direction_words(directions)} {legend}</figcaption></figure>"
    )


def _petal(index: int, count: int, length: float) -> str:
    """A sector of the rose; `length` is 0..1."""
    angle, half = index * math.pi / count, 0.38 * math.pi / count
    (x0, y0), (x1, y1) = _point(angle - half, length), _point(angle + half, length)
    radius = 100 * length
    return f"M0 0L{x0:.1f} {y0:.1f}A{radius:.1f} {radius:.1f} 0 0 0 {x1:.1f} {y1:.1f}Z"


def _point(angle: float, length: float) -> tuple[float, float]:
    return 100 * length * math.cos(angle), -100 * length * math.sin(angle)


def name_of(colour: Sequence[int]) -> str:
    """What people would call a colour, red, green and blue of 0..255.

    The nearest in CIELAB, where a name says less of light and dark than of hue.
    """
    difference = _NAMED_COLOURS - to_lab(np.array([[colour]], np.uint8))[0]
    distances = np.linalg.norm(difference * (1, _HUE_WEIGHT, _HUE_WEIGHT), axis=1)
    return list(_NAMES.values())[int(distances.argmin())]


def hexadecimal(colour: Sequence[int]) -> str:
    """A colour as "#2a35a8"."""
    return "#" + "".join(f"{value:02x}" for value in colour)


def swatches_html(
    swatches: Sequence[Swatch], movements: Mapping[str, Sequence[Swatch]], likely: str
) -> str:
    """HTML of a palette, and of the movements' palettes below it.

    Args:
        swatches: of the picture.
        movements: commonest colours by movement; empty where they are not known.
        likely: the movement to name first.
    """
    listed = "".join(
        f'<li><i style="background: {hexadecimal(colour)}"></i><b>{name_of(colour)}</b>'
        f"<span>{percent(share)}</span><code>{hexadecimal(colour)}</code></li>"
        for colour, share in swatches
    )
    order = sorted(movements, key=lambda movement: movement != likely)
    others = "".join(
        f"<div><span>{escape(movement)}</span>{bar_of_colours(movements[movement])}</div>"
        for movement in order
    )
    caption = _(
        "The few colours that stand for all of the picture's, by area; they are means of many, so"
        " none of them need be a pigment."
    )
    if others:
        others = f'<div class="others">{others}</div>'
        caption = _(
            "The few colours that stand for all of the picture's, by area, and below those of the"
            " movements' training paintings; they are means of many, so none of them need be a"
            " pigment."
        )
    return (
        f'<figure class="swatches">{bar_of_colours(swatches)}<ul>{listed}</ul>{others}'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def bar_of_colours(swatches: Sequence[Swatch]) -> str:
    """Colours side by side, as wide as their shares."""
    parts = "".join(
        f'<i style="flex-grow: {share:.4f}; background: {hexadecimal(colour)}"'
        f' title="{name_of(colour)}, {percent(share)}"></i>'
        for colour, share in swatches
    )
    label = ", ".join(f"{name_of(colour)} {percent(share)}" for colour, share in swatches)
    return f'<div class="bar-of-colours" role="img" aria-label="{label}">{parts}</div>'


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


_NAMED_COLOURS = to_lab(np.array([[_rgb(colour) for colour in _NAMES]], np.uint8))[0]
