"""A map of pictures as a chart: a dot each, to be hovered, pressed, zoomed, and hidden by group.

It is drawn for a light page, as the PNG of its own camera button needs it; in dark mode, `map.css`
recolours ground and text. Its dots can be seen on both. `plot.js` makes it answer to presses, the
wheel and fingers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from app.collection.labels import Label, apart
from app.palette import LIGHT, MOVEMENT_COLOURS, OTHER_COLOUR
from training.common.movements import MOVEMENTS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from app.collection.thumbnails import Thumbnails

COLOURS = (*MOVEMENT_COLOURS.values(), OTHER_COLOUR)
"""Of the groups, movements first."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
"""Of the groups, for those who see no colours at all."""

PRESSED, FOUND = "Pressed", "Found"
"""Traces of rings, empty until `plot.js` puts them around pictures."""

_CLEAR = "rgba(0,0,0,0)"
_RING, _CORE = "#1f1c18", "#ffffff"  # Of marks: one of them stands out on any ground.
_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"
_CIRCLE = 46  # Pixels from a picture to its number.
_NARROW = 1.6  # How much larger names are beside a map on a phone.


@dataclass(frozen=True)
class Point:
    """A picture on the map. Texts are plain; what is HTML in them is shown as it was typed.

    Attributes:
        x: from left to right.
        y: from bottom to top.
        title: what it is called.
        artist: who made it, or "".
        year: when, or None.
        group: what it is coloured by, such as its movement.
        note: what hovering says below the artist; without it the group.
    """

    x: float
    y: float
    title: str
    artist: str = ""
    year: int | None = None
    group: str = ""
    note: str = ""


def figure(
    points: Sequence[Point],
    *,
    you: Point | None = None,
    near: Sequence[int] = (),
    labels: Sequence[Label] = (),
    thumbnails: "Thumbnails | None" = None,
) -> "Figure":
    """Draw a map.

    Args:
        points: all pictures; a group's name in the legend hides and shows its dots.
        you: the visitor's picture.
        near: indices into `points` of those to be numbered, from 1.
        labels: names of areas.
        thumbnails: of all pictures, to be seen instead of dots.
    """
    from plotly import graph_objects  # slow to import, and not needed before a map is seen

    styles = _styles(points)
    size = float(np.clip(300 / max(1, len(points)) ** 0.5, 4.5, 11))
    if thumbnails is not None:
        size = 1.0  # They stay to be hovered and pressed, and to be seen in the legend.
    traces = [_dots(points, name, style, size) for name, style in styles.items()]
    traces.append(_rings(FOUND, 12, LIGHT.accent))
    numbers: list[dict[str, Any]] = []
    if near:  # Before the visitor's picture: where both are at one place, they are pressed.
        traces.append(_pointed_out(points, near, styles))
        numbers = _numbers(points, near, styles)
    if you is not None:
        traces += _you_are_here(you)
    traces.append(_rings(PRESSED, 26, LIGHT.accent))
    layout = _layout([*points, you] if you else points, legend=len(styles) > 1)
    mark = (you.x, you.y) if you else None
    short = [replace(label, name=label.short) for label in labels if label.short]
    layout["annotations"] = [*_names(apart(labels, mark), 12), *numbers]
    layout["meta"] = {"narrow": [*_names(apart(short, mark, _NARROW), 10), *numbers]}
    if thumbnails is not None:
        layout["meta"]["pictures"] = thumbnails.on_map(
            [(point.x, point.y) for point in points],
            [(escape(point.group), styles[point.group][0]) for point in points],
        )
        half = layout["meta"]["pictures"]["unit"] * layout["meta"]["pictures"]["cell"] / 2
        for axis in ("xaxis", "yaxis"):
            low, high = layout[axis]["range"]
            layout[axis]["range"] = [low - half, high + half]  # Those at the edge are seen whole.
    return graph_objects.Figure(traces, layout)


def _styles(points: Sequence[Point]) -> dict[str, tuple[str, str]]:
    """Colour and symbol of each group: movements have their own, others what is left, in turn."""
    present = dict.fromkeys(point.group for point in points)
    known = [name for name in MOVEMENTS if name in present]
    others = [name for name in present if name not in MOVEMENTS]
    styles = {name: MOVEMENTS.index(name) for name in known}
    first = len(MOVEMENTS) if known else 0
    styles |= {name: (first + number) % len(COLOURS) for number, name in enumerate(others)}
    return {name: (COLOURS[index], SYMBOLS[index]) for name, index in styles.items()}


def _dots(
    points: Sequence[Point], name: str, style: tuple[str, str], size: float
) -> dict[str, Any]:
    """The dots of one group."""
    colour, symbol = style
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": escape(name),
        "marker": {"color": colour, "symbol": symbol, "size": size, "opacity": 0.9},
        **_places([(index, point) for index, point in enumerate(points) if point.group == name]),
    }


def _pointed_out(
    points: Sequence[Point], near: Sequence[int], styles: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """Larger dots over some of the pictures, with an edge; the first lies on top of the others."""
    chosen = [(index, points[index]) for index in reversed(near)]
    colours, symbols = zip(*(styles[point.group] for _, point in chosen), strict=True)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Nearest",
        "marker": {
            "color": colours,
            "symbol": symbols,
            "size": 12,
            "opacity": 1,
            "line": {"color": _CORE, "width": 1.5},
        },
        "showlegend": False,
        **_places(chosen),
    }


def _numbers(
    points: Sequence[Point], near: Sequence[int], styles: dict[str, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Numbers from 1 around some of the pictures, each with a line to its own.

    The nearest pictures often lie within a few pixels, so the numbers stand on a circle, in the
    order of the directions in which their pictures lie from the middle of all of them.
    """
    places = np.array([(points[index].x, points[index].y) for index in near])
    away = places - places.mean(0)
    directions = np.arctan2(away[:, 1], away[:, 0])
    turns = np.argsort(np.argsort(directions)) * 2 * np.pi / len(near)
    turns += directions.min()
    return [
        {
            "x": x,
            "y": y,
            "ax": float(_CIRCLE * np.cos(turn)),
            "ay": float(-_CIRCLE * np.sin(turn)),
            "text": f"<b>{number}</b>",
            "showarrow": True,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": LIGHT.edge,
            "bgcolor": LIGHT.background,
            "bordercolor": styles[points[index].group][0],
            "borderwidth": 2,
            "borderpad": 1,
            "font": {"size": 11},
        }
        for number, (index, turn, (x, y)) in enumerate(
            zip(near, turns, places.tolist(), strict=True), start=1
        )
    ]


def _rings(name: str, size: int, colour: str) -> dict[str, Any]:
    """Rings that are nowhere yet."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [],
        "y": [],
        "marker": {
            "color": _CLEAR,
            "size": size,
            "symbol": "circle",
            "line": {"color": colour, "width": 3},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _you_are_here(you: Point) -> list[dict[str, Any]]:
    """A dark ring in a white one."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Your picture",
            "marker": {
                "color": _CLEAR,
                "size": size,
                "opacity": 1,
                "line": {"color": edge, "width": width},
            },
            "showlegend": False,
            **_places([(None, you)]),
        }
        for edge, size, width in ((_CORE, 26, 7), (_RING, 26, 3))
    ]


def _places(points: Sequence[tuple[int | None, Point]]) -> dict[str, Any]:
    """Coordinates, what hovering says, and the index of what can be pressed."""
    said = [(escape(point.title), _by_line(point), index) for index, point in points]
    return {
        "x": np.array([point.x for _, point in points], np.float32),
        "y": np.array([point.y for _, point in points], np.float32),
        "customdata": said,
        "hovertemplate": _HOVER,
    }


def _by_line(point: Point) -> str:
    """HTML of who, when and what, as far as known."""
    year = "" if point.year is None else str(point.year)
    who = escape(", ".join(filter(None, (point.artist, year))))
    return "<br>".join(filter(None, (who, escape(point.note or point.group))))


def _layout(shown: Sequence[Point], *, legend: bool) -> dict[str, Any]:
    hidden = {"visible": False}
    return {
        "paper_bgcolor": LIGHT.background,
        "plot_bgcolor": _CLEAR,
        "font": {"color": LIGHT.ink, "family": "system-ui, sans-serif", "size": 13},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": hidden | {"range": _range([point.x for point in shown])},
        # A distance is as long across as upwards.
        "yaxis": hidden | {"range": _range([point.y for point in shown]), "scaleanchor": "x"},
        "dragmode": "pan",
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "bottom",
            "itemsizing": "constant",
            "bgcolor": _CLEAR,
        },
        "hoverlabel": {"bgcolor": _RING, "bordercolor": _CORE, "font": {"color": _CORE}},
        "modebar": {"bgcolor": _CLEAR, "color": LIGHT.edge, "activecolor": LIGHT.edge},
    }


def _names(labels: Sequence[Label], size: int) -> list[dict[str, Any]]:
    """Names of areas as Plotly's annotations."""
    return [
        {
            "x": label.x,
            "y": label.y,
            "text": escape(label.name).replace("\n", "<br>"),
            "showarrow": False,
            "bgcolor": LIGHT.background + "a6",
            "font": {"size": size},
        }
        for label in labels
    ]


def _range(values: Sequence[float]) -> list[float]:
    """From the lowest to the highest, with a little air."""
    low, high = (min(values), max(values)) if values else (-1.0, 1.0)
    air = 0.04 * (high - low) or 1.0
    return [low - air, high + air]
