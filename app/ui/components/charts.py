"""Charts as SVG and tables as HTML: small, sharp at any size, in the page's own colours.

A plotting library would cost a second of start-up and 100 MB for four static drawings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.translation import gettext as _

_WIDTH, _HEIGHT = 480, 300
_LEFT, _TOP, _BOTTOM = 52, 14, 44  # Margins; left of the axis is space for "100 %".
_HALF = 24  # Margin right of an axis for half of the number at its end.
_MOST_POINTS = 240  # Of a curve: more would not be visible.
_STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)  # Between an axis's numbers, times 10^n.
_LETTER = 8  # Width of most letters of a curve's name, in bold.


@dataclass(frozen=True)
class _Axes:
    """Maps numbers to the drawing."""

    x: tuple[float, float]
    y: tuple[float, float]
    right: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        width, height = _WIDTH - _LEFT - self.right, _HEIGHT - _TOP - _BOTTOM
        return round(_LEFT + across * width, 1), round(_HEIGHT - _BOTTOM - up * height, 1)

    def frame(
        self, x_label: str, ticks_x: Mapping[float, str], ticks_y: Mapping[float, str]
    ) -> str:
        """Grid lines, numbers and the name of the horizontal axis."""
        parts = []
        for value, text in ticks_y.items():
            (x0, y), (x1, _) = self.at(self.x[0], value), self.at(self.x[1], value)
            parts.append(f'<line class="grid" x1="{x0}" x2="{x1}" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="{x0 - 8}" y="{y + 4}" text-anchor="end">{text}</text>')
        for value, text in ticks_x.items():
            x, y = self.at(value, self.y[0])
            parts.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{text}</text>')
        x, y = self.at(sum(self.x) / 2, self.y[0])
        parts.append(f'<text x="{x}" y="{y + 38}" text-anchor="middle">{escape(x_label)}</text>')
        return "".join(parts)


def curves(
    title: str,
    epochs: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    share: bool,
    across: str = _("rounds through all paintings"),
) -> str:
    """A chart of one quantity over the epochs, or over anything else.

    Args:
        title: what is drawn, in words.
        epochs: where the values were taken.
        series: values by name; the first is drawn dashed.
        share: whether values are shares of 0..1, shown as percent.
        across: name of the horizontal axis.
    """
    top = 1.0 if share else _round_up(max(max(values) for values in series.values()))
    right = 10 + _LETTER * max(map(len, series))  # The names stand at the curves' ends.
    axes = _Axes((min(epochs), max(max(epochs), min(epochs) + 1)), (0.0, top), right)
    ticks_y = {top * part / 4: _tick(top * part / 4, share) for part in range(5)}
    ticks_x = {epoch: f"{epoch:g}" for epoch in (epochs[0], epochs[len(epochs) // 2], epochs[-1])}
    parts = [axes.frame(across, ticks_x, ticks_y)]
    ends = _spread([axes.at(epochs[-1], values[-1])[1] for values in series.values()])
    for number, ((name, values), end) in enumerate(zip(series.items(), ends, strict=True)):
        points = [axes.at(x, y) for x, y in zip(epochs, values, strict=True)]
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline class="series-{number}" points="{path}"/>')
        parts.append(
            f'<text class="series-{number}" x="{points[-1][0] + 6}" y="{end}">{name}</text>'
        )
    return _svg(title, "".join(parts))


def trace(title: str, values: Sequence[float], *, across: str = _("steps")) -> str:
    """A chart of one value, step by step from 1; it may be negative.

    Args:
        title: what is drawn, in words.
        values: two or more, none of them infinite.
        across: name of the horizontal axis.
    """
    low, high = min(0.0, *values), max(0.0, *values)
    high = high if high > low else low + 1
    axes = _Axes((1.0, float(len(values))), (low, high), _HALF)
    ticks_y = {value: _tick(value, share=False) for value in (low, (low + high) / 2, high)}
    every = max(1, len(values) // _MOST_POINTS)
    points = [axes.at(step + 1, values[step]) for step in range(0, len(values), every)]
    path = " ".join(f"{x},{y}" for x, y in points)
    frame = axes.frame(across, {1: "1", len(values): f"{len(values)}"}, ticks_y)
    return _svg(title, f'{frame}<polyline points="{path}"/>')


def calibration(title: str, bins: Sequence[Mapping[str, float]]) -> str:
    """Confidence against how often it was right; the larger a dot, the more paintings.

    Args:
        title: what is drawn, in words.
        bins: each with confidence, accuracy and pictures.
    """
    axes = _Axes((0.0, 1.0), (0.0, 1.0), _HALF)
    ticks = {part / 4: f"{25 * part} %" for part in range(5)}
    (x0, y0), (x1, y1) = axes.at(0, 0), axes.at(1, 1)
    parts = [
        axes.frame(_("how sure it said it was"), ticks, ticks),
        f'<line class="ideal" x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}"/>',
    ]
    tooltip = _("said {confidence:.0%}, right {accuracy:.0%}, {count} paintings")
    most = max(group["pictures"] for group in bins)
    for group in bins:
        x, y = axes.at(group["confidence"], group["accuracy"])
        radius = 3 + 9 * (group["pictures"] / most) ** 0.5
        label = tooltip.format(
            confidence=group["confidence"], accuracy=group["accuracy"], count=group["pictures"]
        )
        parts.append(
            f'<circle class="dot" cx="{x}" cy="{y}" r="{radius:.1f}"><title>{label}</title>'
            "</circle>"
        )
    return _svg(title, "".join(parts))


def confusion(names: Sequence[str], counts: Sequence[Sequence[int]], caption: str) -> str:
    """A confusion matrix as a table, as shares of each row.

    Args:
        names: of the rows (true) and columns (predicted).
        counts: rows of counts.
        caption: what the table shows.
    """
    tooltip = _("{count} {true} paintings were called {predicted}")
    rows = []
    for name, row in zip(names, counts, strict=True):
        cells = []
        for predicted, count in zip(names, row, strict=True):
            share = count / max(1, sum(row))
            right = ' class="right"' if predicted == name else ""
            title = escape(tooltip.format(count=count, true=name, predicted=predicted))
            cells.append(
                f'<td{right} style="--share: {share:.2f}" title="{title}">'
                f"<span>{100 * share:.0f}</span></td>"
            )
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>')
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in names)
    return (
        f'<div class="scroll"><table class="confusion"><caption>{escape(caption)}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A plain table; the first cell of each row names it."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll"><table class="plain"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def bars(
    head: Sequence[str], rows: Mapping[str, Sequence[tuple[float, str, str]]], caption: str
) -> str:
    """A table of shares, each with a bar under its words.

    Args:
        head: titles of the columns.
        rows: by name, for each further column a share of 0..1, its words, and its small print.
        caption: what the table shows.
    """
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(
            f"<td><b>{escape(words)}</b> <small>{escape(small)}</small>"
            f'<i style="--share: {share:.3f}"></i></td>'
            for share, words, small in cells
        )
        + "</tr>"
        for name, cells in rows.items()
    )
    return (
        f'<table class="plain shares"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    )


def _svg(title: str, content: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}">{content}</svg>'
    )


def _round_up(value: float) -> float:
    """The next number whose quarter is short to write: the top of an axis with four steps."""
    power = 10.0 ** math.floor(math.log10(value / 4)) if value > 0 else 1.0
    step = next(step for step in _STEPS if 4 * step * power >= value)
    return 4 * step * power


def _tick(value: float, share: bool) -> str:
    text = f"{100 * value:.0f} %" if share else f"{value:.2g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _spread(heights: Sequence[float], gap: float = 16) -> list[float]:
    """Move the names at the curves' ends apart, so that they do not cover each other."""
    placed: dict[int, float] = {}
    lowest = float("-inf")
    for index in sorted(range(len(heights)), key=lambda i: heights[i]):
        placed[index] = lowest = max(heights[index] + 4, lowest + gap)
    return [placed[index] for index in range(len(heights))]
