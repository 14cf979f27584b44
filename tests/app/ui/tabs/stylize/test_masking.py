"""What is drawn on the easel: one mask, or one for each style."""

import numpy as np
import pytest

from app.errors import UserError
from app.ui.tabs.stylize.masking import EACH, EXCEPT, ONLY, pens_html, read_sheets
from app.ui.tabs.stylize.style_mix import Style, StyleMix
from app.ui.tabs.stylize.widgets import decode_data_uri
from tests.app.ui.tabs.stylize.stylize_tab import drawing

SHEET = np.full((30, 40, 3), 255, np.uint8)
SHEET[5:10, 5:10] = 0


def test_a_drawing_becomes_a_mask():
    (mask,) = read_sheets({"": drawing(SHEET)}).values()
    assert mask.shape == (30, 40)
    assert mask[7, 7] == 255
    assert mask.sum() == 255 * 25


def test_an_empty_sheet_is_no_mask():
    assert read_sheets({}) == {}
    assert read_sheets({"": drawing(np.full((3, 3, 3), 255, np.uint8))}) == {}


@pytest.mark.parametrize(
    "drawn", [7, "hello", "data:image/png;base64,%%%", "data:text/html;base64,"]
)
def test_what_is_no_drawing_is_refused(drawn):
    for told in (drawn, {"": drawn}, {str(key): drawing(SHEET) for key in range(7)}):
        with pytest.raises(UserError, match="reload"):
            read_sheets(told)


def test_a_huge_drawing_is_refused():
    with pytest.raises(UserError, match="million"):
        read_sheets({"": drawing(np.zeros((500, 500, 3), np.uint8))})
    with pytest.raises(UserError, match="reload"):
        decode_data_uri("data:image/png;base64," + "A" * 100, "data:image/png", 10)


def test_what_was_drawn_means_what_is_said_beside_it(tab, said):
    masks = tab.masks
    said |= {masks.sheet: {"": drawing(SHEET), "the-cat": drawing(SHEET[::-1])}}
    only, others, each = (masks.read(said | {masks.side: side}) for side in (ONLY, EXCEPT, EACH))
    assert only.mask is not None
    np.testing.assert_array_equal(only.mask, 255 - others.mask)
    assert not only.regions
    assert each.mask is None
    assert set(each.regions) == {"the-cat"}
    assert each.regions["the-cat"][22, 7] == 255


def test_each_style_in_use_has_a_pen():
    one, other = (Style(title, np.zeros(4), key=title.lower()) for title in ("<One>", "Two"))
    pens = pens_html(StyleMix((one, other), (100, 100)))
    assert pens.count("<button") == 2
    assert "&lt;One&gt;" in pens
    assert "two or more" in pens_html(StyleMix((one, other), (100, 0)))
