"""Charts: what is drawn lies where its numbers say. More of them in `report/test_article.py`."""

import re
from xml.etree import ElementTree

import pytest

from app.ui import charts


def drawn(svg: str) -> list[tuple[float, float]]:
    line = ElementTree.fromstring(svg).find("polyline")
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def test_a_trace_rises_with_its_values_also_below_nothing():
    points = drawn(charts.trace("how well", [-2.0, 0.0, 4.0]))
    across, down = zip(*points, strict=True)
    assert list(across) == sorted(across)
    assert down[0] > down[1] > down[2]
    assert (down[0] - down[1]) * 2 == pytest.approx(down[1] - down[2], abs=0.3)


def test_a_trace_says_its_ends_and_its_numbers():
    texts = re.findall(r"<text[^>]*>([^<]*)<", charts.trace("how well", [-2.0, 0.0, 4.0]))
    assert texts == ["\N{MINUS SIGN}2", "1", "4", "1", "3", "steps"]


def test_a_trace_that_stays_where_it_is_can_be_drawn():
    assert len(drawn(charts.trace("how well", [0.0, 0.0]))) == 2


def test_a_long_trace_is_thinned_out():
    assert len(drawn(charts.trace("how well", [float(step) for step in range(10_000)]))) < 500
