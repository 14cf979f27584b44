import html
import re

import numpy as np
import pytest

from app.errors import UserError
from app.ui.painting.sliders import MixingSlider, is_settled, slider_positions, slider_values
from app.ui.painting.style_mix import Style
from app.ui.painting.style_picker import gallery_value, style_gallery

ROWS = [MixingSlider("One"), MixingSlider("Two", 0.5, 2, 0.05)]


def test_positions_are_read_back():
    assert slider_values(slider_positions(ROWS, [30, 1.5]), ROWS) == [30, 1.5]


@pytest.mark.parametrize(
    "sent",
    [None, "x", {}, {"values": [1]}, {"values": [101, 1]}, {"values": [1, "1"]}, {"values": 3}],
)
def test_impossible_positions_are_refused(sent):
    with pytest.raises(UserError, match="sliders"):
        slider_values(sent, ROWS)


def test_sliders_are_settled_unless_the_page_says_otherwise():
    assert is_settled(slider_positions(ROWS, [1, 1]))
    assert is_settled(None)
    assert not is_settled({"values": [], "settled": False})


def test_labels_are_escaped():
    assert "<img" not in slider_positions([MixingSlider("<img src=x>")], [1])["rows"]
    tiles = gallery_value([(0, Style("<script>", np.zeros(4)), "own.webp")], [], "mine")["tiles"]
    assert "<script>" not in tiles


def test_titles_are_literal_in_a_template():
    title = "{{value}} ${value} `\\n"
    made = style_gallery([(0, Style(title, np.zeros(4)), "own.webp")], [], "some", "some")
    assert not set("`$\\{") & set(made.html_template)
    assert title in html.unescape(made.html_template)


def test_shares_are_labelled_as_in_captions():
    rows = [MixingSlider("One"), MixingSlider("Two"), MixingSlider("Three")]
    labels = slider_positions(rows, [60, 20, 0], shares=True)["rows"]
    assert re.findall("<output>(.*?)</output>", labels) == [
        "75\N{NO-BREAK SPACE}%",
        "25\N{NO-BREAK SPACE}%",
        "0\N{NO-BREAK SPACE}%",
    ]
    alone = slider_positions(rows, [60, 0, 0], shares=True)["rows"]
    assert "<output>100\N{NO-BREAK SPACE}%</output>" in alone
    assert (
        "<output>0\N{NO-BREAK SPACE}%</output>"
        in slider_positions(rows, [0, 0, 0], shares=True)["rows"]
    )
