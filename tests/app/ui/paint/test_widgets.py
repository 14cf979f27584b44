import base64
import html

import cv2
import numpy as np
import pytest

from app.errors import UserError
from app.ui.paint.brush import Style
from app.ui.paint.widgets import (
    Fader,
    decode_data_uri,
    fader_values,
    fill,
    is_settled,
    read_mask,
    stand,
    wall,
)

ROWS = [Fader("One"), Fader("Two", 0.5, 2, 0.05)]


def drawing(sheet: np.ndarray) -> str:
    content = cv2.imencode(".png", sheet[..., ::-1])[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_sliders_say_where_they_stand():
    assert fader_values(stand(ROWS, [30, 1.5]), ROWS) == [30, 1.5]


@pytest.mark.parametrize(
    "told",
    [None, "x", {}, {"values": [1]}, {"values": [101, 1]}, {"values": [1, "1"]}, {"values": 3}],
)
def test_sliders_cannot_stand_just_anywhere(told):
    with pytest.raises(UserError, match="sliders"):
        fader_values(told, ROWS)


def test_only_a_slider_that_says_so_is_being_dragged():
    assert is_settled(stand(ROWS, [1, 1]))
    assert is_settled(None)
    assert not is_settled({"values": [], "settled": False})


def test_labels_of_visitors_are_no_html():
    assert "<img" not in stand([Fader("<img src=x>")], [1])["rows"]
    brushes = fill([(0, Style("<script>", np.zeros(4)), "own.webp")], [], "mine")["brushes"]
    assert "<script>" not in brushes


def test_titles_mean_nothing_to_a_template():
    title = "{{value}} ${value} `\\n"
    made = wall([(0, Style(title, np.zeros(4)), "own.webp")], [], "some")
    assert not set("`$\\{") & set(made.html_template)
    assert title in html.unescape(made.html_template)


def test_a_drawing_becomes_a_mask():
    sheet = np.full((30, 40, 3), 255, np.uint8)
    sheet[5:10, 5:10] = (0, 40, 255)
    mask = read_mask(drawing(sheet))
    assert mask is not None
    assert mask.shape == (30, 40)
    assert mask[7, 7] == 255
    assert mask.sum() == 255 * 25


def test_an_empty_sheet_is_no_mask():
    assert read_mask("") is None
    assert read_mask(drawing(np.full((3, 3, 3), 255, np.uint8))) is None


@pytest.mark.parametrize(
    "drawn", [7, "hello", "data:image/png;base64,%%%", "data:text/html;base64,aGk="]
)
def test_what_is_no_drawing_is_refused(drawn):
    with pytest.raises(UserError, match="reload"):
        read_mask(drawn)


def test_a_huge_drawing_is_refused():
    with pytest.raises(UserError, match="million"):
        read_mask(drawing(np.zeros((500, 500, 3), np.uint8)))
    with pytest.raises(UserError, match="reload"):
        decode_data_uri("data:image/png;base64," + "A" * 100, "data:image/png", 10)
