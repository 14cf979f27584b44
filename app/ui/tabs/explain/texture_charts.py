"""A picture's measures beside the five movements': strips, and the rose of its directions."""

import math
from collections.abc import Mapping
from html import escape

import numpy as np

from app.serving.averages import ADJECTIVES, Averages, Spread
from training.common.texture_features.measures import MEASURES, Measure

_SIDES = (0.1, 0.25, 0.5, 0.75, 0.9)
_DIRECTED = 1.5  # How much more than its even share the commonest direction has, to be named.
_WAYS = {
    0: "level",
    1: "gently rising to the right",
    3: "rising to the right",
    6: "upright",
    9: "falling to the right",
    11: "gently falling to the right",
}
"""Words by bin of twelve; the nearest counts."""


def strips(numbers: Mapping[str, float], averages: Averages | None, movement: str | None) -> str:
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
    """Where a picture lies among the movements, as one sentence."""
    if math.isnan(value):
        return "This picture has nothing of the kind."
    if averages is None:
        return ""
    nearest = averages.nearest(measure.name, value)
    like = f"most like the middle of {ADJECTIVES.get(nearest, nearest)} paintings"
    if movement is None:
        return f"{like[0].upper()}{like[1:]}."
    place = averages.place(measure, movement, value)
    joint = "" if nearest == movement else f"; {like}"
    return f"{place[0].upper()}{place[1:]}{joint}."


def _measure(
    measure: Measure, value: float, averages: Averages | None, movement: str | None
) -> str:
    number = "&ndash;" if math.isnan(value) else measure.write(value)
    strip = "" if averages is None else _strip(measure, value, averages, movement)
    return (
        f'<figure class="measure"><h3>{measure.title} <b>{number}</b></h3>'
        f'<p class="small">{escape(measure.meaning)}</p>{strip}'
        f"<figcaption>{escape(sentence(measure, value, averages, movement))}</figcaption></figure>"
    )


def _strip(measure: Measure, value: float, averages: Averages, movement: str | None) -> str:
    spreads = averages.spreads[measure.name]
    stops = {
        name: np.interp(_SIDES, averages.levels, each.quantiles).tolist()
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
            _said(measure, stops[name], each),
            None if math.isnan(value) else at(value),
            name == movement,
        )
        for name, each in spreads.items()
    )
    return f'<div class="strip">{rows}</div>'


def _row(name: str, places: list[float], said: str, here: float | None, likely: bool) -> str:
    far, near, middle, off, end = places
    line = "" if here is None else f'<i class="here" style="left: {here:.2f}%"></i>'
    kind = ' class="likely"' if likely else ""
    return (
        f'<span{kind}>{escape(name)}</span><div role="img" aria-label="{escape(name)}: {said}"'
        f' title="{said}"><i class="wide" style="left: {far:.2f}%; width: {end - far:.2f}%"></i>'
        f'<i class="half" style="left: {near:.2f}%; width: {off - near:.2f}%"></i>'
        f'<i class="middle" style="left: {middle:.2f}%"></i>{line}</div>'
    )


def _said(measure: Measure, stops: list[float], spread: Spread) -> str:
    low, *_, high = stops
    return (
        f"eight of ten of {spread.count} paintings from {measure.write(low)} to"
        f" {measure.write(high)}, mean {measure.write(spread.mean)}"
    )


def way(directions: np.ndarray) -> str:
    """Which way a picture's strokes run, in words; `directions` are shares, float32 [12]."""
    if directions.sum() == 0:
        return "There is nothing to see that has a direction."
    count = len(directions)
    best = int(directions.argmax())
    if directions[best] < _DIRECTED / count:
        return "Strokes and edges run in all directions alike."
    nearest = min(_WAYS, key=lambda one: min((best - one) % count, (one - best) % count))
    return f"Most strokes and edges run {_WAYS[nearest]}."


def rose(directions: np.ndarray, usual: np.ndarray | None, movement: str) -> str:
    """A rose of directions as SVG: petals as long as so much runs that way.

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
    dashed = f"; the line is the mean of {escape(ADJECTIVES.get(movement, movement))} paintings"
    return (
        '<figure class="rose"><svg viewBox="-104 -104 208 208" role="img" aria-label="Rose of'
        f' directions"><circle r="100"/>{petals}{line}</svg><figcaption>{way(directions)} Petals'
        f" are as long as so much runs their way{dashed if usual is not None else ''}; where in the"
        " picture, the strokes show.</figcaption></figure>"
    )


def _petal(index: int, count: int, length: float) -> str:
    """A sector of the rose; `length` is 0..1."""
    angle, half = index * math.pi / count, 0.38 * math.pi / count
    (x0, y0), (x1, y1) = _point(angle - half, length), _point(angle + half, length)
    radius = 100 * length
    return f"M0 0L{x0:.1f} {y0:.1f}A{radius:.1f} {radius:.1f} 0 0 0 {x1:.1f} {y1:.1f}Z"


def _point(angle: float, length: float) -> tuple[float, float]:
    return 100 * length * math.cos(angle), -100 * length * math.sin(angle)
