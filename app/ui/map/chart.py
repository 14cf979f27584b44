"""A map of pictures as a chart: a dot each, to be hovered, zoomed, and hidden by group.

It is drawn for a light wall, as the PNG of its own camera button needs it; where the room is dark,
`map.css` recolours ground and text. Its dots can be seen on both walls.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from gradio.components.plot import PlotData

from app.ui.map.labels import Label, apart
from app.ui.theme import LIGHT
from training.movements import MOVEMENTS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = ("#a578b4", "#d27800", "#b43c2d", "#789678", "#a500d2", "#696969")
"""Of the groups, movements first: each has a contrast of 3 to 1 against both walls, and eyes of all
kinds (Machado's simulations of protanopia, deuteranopia and tritanopia, 2009) can tell any two
apart, by 16 in CIEDE2000."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
"""Of the groups, for those who see no colours at all."""

_CLEAR = "rgba(0,0,0,0)"
_RING, _CORE = "#1f1c18", "#ffffff"  # Of "you are here": one of them stands out on any ground.
_HOVER = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"
_BUTTONS_TO_REMOVE = ("select2d", "lasso2d", "autoScale2d", "toggleSpikelines")

FINGERS = """
    const onMap = ({ target }) => target.closest?.(".nsewdrag");
    document.addEventListener("touchstart", (event) => {
        if (onMap(event)) event.stopPropagation();
    }, { capture: true });
    document.addEventListener("pointerup", (event) => {
        const { clientX, clientY, pointerType } = event, map = onMap(event);
        if (!map || pointerType === "mouse") return;
        const move = new MouseEvent("mousemove", { clientX, clientY, bubbles: true });
        setTimeout(() => map.dispatchEvent(move), 400);
    });
"""
"""A script: a finger on a map scrolls the page, as everywhere, and a tap says what is there.
Without it plotly takes hold of every touch, and moves the map."""


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
) -> "Figure":
    """Draw a map.

    Args:
        points: all pictures; a group's name in the legend hides and shows its dots.
        you: the visitor's picture.
        near: indices into `points` of those to be pointed out.
        labels: names of areas.
    """
    from plotly import graph_objects  # slow to import, and not needed before a map is seen

    size = float(np.clip(300 / max(1, len(points)) ** 0.5, 4.5, 11))
    quiet = bool(near) or you is not None
    traces = [
        _dots(name, [point for point in points if point.group == name], style, size, quiet)
        for name, style in _styles(points).items()
    ]
    if near:
        traces.append(_pointed_out(points, near))
    if you is not None:
        traces += _you_are_here(you)
    shown = [*points] if you is None else [*points, you]
    placed = apart(labels, None if you is None else (you.x, you.y))
    groups = {point.group for point in points}
    return graph_objects.Figure(traces, _layout(shown, placed, legend=len(groups) > 1))


def as_plot(chart: "Figure", name: str) -> PlotData:
    """A figure for `gr.Plot`, without the maker's logo; its camera button saves `name`.png."""
    content = json.loads(chart.to_json())
    content["config"] = {
        "displaylogo": False,
        "displayModeBar": True,
        "scrollZoom": False,  # A wheel over the map must still scroll the page.
        "modeBarButtonsToRemove": list(_BUTTONS_TO_REMOVE),
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
    return PlotData(type="plotly", plot=json.dumps(content))


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
    name: str, points: Sequence[Point], style: tuple[str, str], size: float, quiet: bool
) -> dict[str, Any]:
    """The dots of one group."""
    colour, symbol = style
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": escape(name),
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": size,
            "opacity": 0.75 if quiet else 0.9,
        },
        **_places(points),
    }


def _pointed_out(points: Sequence[Point], near: Sequence[int]) -> dict[str, Any]:
    """Larger dots over some of the pictures, with an edge."""
    styles = _styles(points)
    chosen = [points[index] for index in near]
    colours, symbols = zip(*(styles[point.group] for point in chosen), strict=True)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Nearest",
        "marker": {
            "color": colours,
            "symbol": symbols,
            "size": 14,
            "line": {"color": _CORE, "width": 2},
        },
        "showlegend": False,
        **_places(chosen),
    }


def _you_are_here(you: Point) -> list[dict[str, Any]]:
    """A dark ring around a white disc with a dark dot."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Your picture",
            "marker": {"color": colour, "size": size, "line": {"color": edge, "width": width}},
            "showlegend": False,
            **_places([you]),
        }
        for colour, size, edge, width in ((_CORE, 24, _RING, 3), (_RING, 8, _CORE, 1))
    ]


def _places(points: Sequence[Point]) -> dict[str, Any]:
    """Coordinates and what hovering says."""
    said = [(escape(point.title), _by_line(point)) for point in points]
    return {
        "x": np.array([point.x for point in points], np.float32),
        "y": np.array([point.y for point in points], np.float32),
        "customdata": said,
        "hovertemplate": _HOVER,
    }


def _by_line(point: Point) -> str:
    """HTML of who, when and what, as far as known."""
    year = "" if point.year is None else str(point.year)
    who = escape(", ".join(filter(None, (point.artist, year))))
    return "<br>".join(filter(None, (who, escape(point.note or point.group))))


def _layout(shown: Sequence[Point], labels: Sequence[Label], *, legend: bool) -> dict[str, Any]:
    hidden = {"visible": False}
    return {
        "paper_bgcolor": LIGHT.wall,
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
        "annotations": [
            {
                "x": label.x,
                "y": label.y,
                "text": escape(label.name).replace("\n", "<br>"),
                "showarrow": False,
                "bgcolor": LIGHT.wall + "a6",
                "font": {"size": 12},
            }
            for label in labels
        ],
    }


def _range(values: Sequence[float]) -> list[float]:
    """From the lowest to the highest, with a little air."""
    low, high = (min(values), max(values)) if values else (-1.0, 1.0)
    air = 0.04 * (high - low) or 1.0
    return [low - air, high + air]
