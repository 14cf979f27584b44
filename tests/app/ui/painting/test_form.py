"""Masks that are drawn: one, or one for each style."""

import numpy as np
import pytest

from app.errors import UserError
from app.ui.painting.form import EACH, EXCEPT, ONLY, decode_data_uri, pens_html, read_drawings
from app.ui.painting.style_mix import Style, StyleMix
from tests.app.ui.painting.actions import drawing

DRAWING = np.full((30, 40, 3), 255, np.uint8)
DRAWING[5:10, 5:10] = 0


def test_a_drawing_becomes_a_mask():
    (mask,) = read_drawings({"": drawing(DRAWING)}).values()
    assert mask.shape == (30, 40)
    assert mask[7, 7] == 255
    assert mask.sum() == 255 * 25


def test_an_empty_drawing_is_no_mask():
    assert read_drawings({}) == {}
    assert read_drawings({"": drawing(np.full((3, 3, 3), 255, np.uint8))}) == {}


@pytest.mark.parametrize(
    "drawn", [7, "hello", "data:image/png;base64,%%%", "data:text/html;base64,"]
)
def test_anything_but_a_drawing_is_refused(drawn):
    for sent in (drawn, {"": drawn}, {str(key): drawing(DRAWING) for key in range(7)}):
        with pytest.raises(UserError, match="reload"):
            read_drawings(sent)


def test_a_huge_drawing_is_refused():
    with pytest.raises(UserError, match="million"):
        read_drawings({"": drawing(np.zeros((500, 500, 3), np.uint8))})
    with pytest.raises(UserError, match="reload"):
        decode_data_uri("data:image/png;base64," + "A" * 100, "data:image/png", 10)


def test_the_chosen_meaning_of_the_mask_is_used(tab, values):
    masks = tab.masks
    values |= {masks.drawing: {"": drawing(DRAWING), "the-cat": drawing(DRAWING[::-1])}}
    only, others, each = (
        masks.read(values | {masks.meaning: meaning}) for meaning in (ONLY, EXCEPT, EACH)
    )
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
