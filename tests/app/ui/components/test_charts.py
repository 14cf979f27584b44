"""Charts: positions and labels of what is drawn."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib import font_manager
from PIL import ImageFont

from app.ui.components import charts


def drawn(svg: str) -> list[tuple[float, float]]:
    line = ElementTree.fromstring(svg).find("polyline")
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def test_a_trace_follows_its_values_also_below_zero():
    points = drawn(charts.trace("how well", [-2.0, 0.0, 4.0]))
    across, down = zip(*points, strict=True)
    assert list(across) == sorted(across)
    assert down[0] > down[1] > down[2]
    assert (down[0] - down[1]) * 2 == pytest.approx(down[1] - down[2], abs=0.3)


def test_a_trace_has_labels_on_both_axes():
    texts = re.findall(r"<text[^>]*>([^<]*)<", charts.trace("how well", [-2.0, 0.0, 4.0]))
    assert texts == ["\N{MINUS SIGN}2", "1", "4", "1", "3", "steps"]


def test_a_constant_trace_can_be_drawn():
    assert len(drawn(charts.trace("how well", [0.0, 0.0]))) == 2


def test_a_long_trace_is_thinned_out():
    assert len(drawn(charts.trace("how well", [float(step) for step in range(10_000)]))) < 500


def test_a_chart_of_a_single_epoch_can_be_drawn():
    svg = charts.curves("loss", [1], {"training": [1.0], "unseen": [1.1]}, share=False)
    ElementTree.fromstring(svg)
    assert "nan" not in svg


def test_long_names_of_curves_stay_in_the_drawing():
    series = {"Impressionism": [0.1, 0.9], "Expressionism": [0.9, 0.1]}
    svg = charts.curves("a", [0, 100], series, share=True)
    for x in re.findall(r'<text class="series-\d" x="([\d.]+)"', svg):
        assert float(x) + 7.7 * len("Expressionism") <= 480  # its width in bold, 13 px


@pytest.mark.parametrize(
    "svg",
    [
        charts.calibration("a", [{"confidence": 0.9, "accuracy": 1.0, "pictures": 3}]),
        charts.curves("a", [0, 1], {"this": [0.1, 1.0]}, share=True),
        charts.trace("a", [-12.5, 0.0] * 5000),
    ],
    ids=["calibration", "curves", "trace"],
)
def test_no_number_on_an_axis_is_cut_off(svg):
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 13)  # A wide one.
    for text in ElementTree.fromstring(svg).iter("text"):
        width = font.getlength(text.text)
        before = {"end": 1, "middle": 0.5, None: 0}[text.get("text-anchor")] * width
        left = float(text.get("x")) - before
        assert left >= 0, text.text
        assert left + width <= 480, text.text


def test_names_at_the_ends_of_curves_do_not_cover_each_other():
    svg = ElementTree.fromstring(
        charts.curves("a", [1, 2], {"training": [0.5, 0.7], "unseen": [0.4, 0.7]}, share=True)
    )
    heights = [float(t.get("y")) for t in svg.iter("text") if t.get("class")]
    assert abs(heights[0] - heights[1]) >= 12


def test_confusion_shows_shares_of_each_row():
    html = charts.confusion(("a", "b"), [[3, 1], [0, 0]], "caption")
    assert "<span>75</span>" in html
    assert "<span>25</span>" in html
    assert "1 a paintings were called b" in html


def test_an_axis_has_numbers_that_are_short_to_write():
    svg = charts.curves("loss", [1, 2], {"training": [1.0977, 0.8717]}, share=False)
    numbers = re.findall(r'text-anchor="end">([^<]*)<', svg)
    assert numbers == ["0", "0.3", "0.6", "0.9", "1.2"]


@pytest.mark.parametrize("top", [1e-4, 0.05, 0.96, 1.0, 4.0, 12.0, 13.35, 39.9, 40.0, 1234.0])
def test_no_curve_leaves_the_drawing(top):
    points = drawn(charts.curves("loss", [1, 2, 3], {"training": [top, 0.0, top / 2]}, share=False))
    heights = [y for _, y in points]
    assert min(heights) >= 14
    assert (heights[1] - heights[0]) >= 0.6 * (heights[1] - 14)  # and most of it is used


def test_a_curve_of_zeros_can_be_drawn():
    assert "nan" not in charts.curves("loss", [1, 2], {"training": [0.0, 0.0]}, share=False)


def test_bars_have_lengths_and_labels():
    html = charts.bars(
        ("name", "it finds"), {"a <b>": [(0.32, "32 of 100", "21 of 66")]}, "caption"
    )
    row = ElementTree.fromstring(html).find("tbody/tr")
    assert row.findtext("th") == "a <b>"
    assert row.findtext("td/b") == "32 of 100"
    assert row.findtext("td/small") == "21 of 66"
    assert row.find("td/i").get("style") == "--share: 0.320"
