import html
import re

import numpy as np
import pytest

from app.errors import UserError
from app.ui.tabs.stylize.style_mix import Style
from app.ui.tabs.stylize.widgets import (
    MixingSlider,
    fill,
    gallery,
    is_settled,
    slider_positions,
    slider_values,
)

ROWS = [MixingSlider("One"), MixingSlider("Two", 0.5, 2, 0.05)]


def test_sliders_say_where_they_stand():
    assert slider_values(slider_positions(ROWS, [30, 1.5]), ROWS) == [30, 1.5]


@pytest.mark.parametrize(
    "told",
    [None, "x", {}, {"values": [1]}, {"values": [101, 1]}, {"values": [1, "1"]}, {"values": 3}],
)
def test_sliders_cannot_stand_just_anywhere(told):
    with pytest.raises(UserError, match="sliders"):
        slider_values(told, ROWS)


def test_only_a_slider_that_says_so_is_being_dragged():
    assert is_settled(slider_positions(ROWS, [1, 1]))
    assert is_settled(None)
    assert not is_settled({"values": [], "settled": False})


def test_labels_of_visitors_are_no_html():
    assert "<img" not in slider_positions([MixingSlider("<img src=x>")], [1])["rows"]
    brushes = fill([(0, Style("<script>", np.zeros(4)), "own.webp")], [], "mine")["brushes"]
    assert "<script>" not in brushes


def test_titles_mean_nothing_to_a_template():
    title = "{{value}} ${value} `\\n"
    made = gallery([(0, Style(title, np.zeros(4)), "own.webp")], [], "some")
    assert not set("`$\\{") & set(made.html_template)
    assert title in html.unescape(made.html_template)


def test_shares_are_said_as_the_caption_says_them():
    rows = [MixingSlider("One"), MixingSlider("Two"), MixingSlider("Three")]
    said = slider_positions(rows, [60, 20, 0], shares=True)["rows"]
    assert re.findall("<output>(.*?)</output>", said) == [
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
