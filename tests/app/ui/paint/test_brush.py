import numpy as np
import pytest

from app.errors import UserError
from app.ui.paint.brush import FULL, Brush, Style


def style(title: str, value: float = 0.0, **more: str) -> Style:
    return Style(title, np.full(4, value, np.float32), **more)


A, B, C = style("A", 1), style("B", 3), style("C", 5)


def test_one_style_is_itself():
    brush = Brush.of(A)
    np.testing.assert_array_equal(brush.vector, A.vector)
    assert brush.words() == "A"


def test_a_blend_is_the_weighted_mean_and_says_so():
    brush = Brush((A, B), (FULL, FULL)).weighed((75, 25))
    np.testing.assert_allclose(brush.vector, 1.5)
    assert brush.words() == "75\N{NO-BREAK SPACE}% A and 25\N{NO-BREAK SPACE}% B"


def test_what_weighs_nothing_is_not_named():
    assert Brush((A, B), (0, 50)).words() == "B"


def test_pressing_adds_and_takes_away_but_never_the_last():
    brush = Brush.of(A).with_or_without(B)
    assert brush.styles == (A, B)
    brush = brush.with_or_without(A)
    assert brush.styles == (B,)
    assert brush.with_or_without(B).styles == (B,)


def test_a_fifth_style_does_not_fit():
    brush = Brush.of(A)
    for other in (B, C, style("D")):
        brush = brush.with_or_without(other)
    with pytest.raises(UserError, match="Up to 4"):
        brush.with_or_without(style("E"))


def test_styles_without_weight_make_room():
    brush = Brush((A, B, C, style("D"), style("E")), (100, 0, 0, 0, 0)).with_or_without(B)
    assert brush.styles == (A, B)
    assert brush.weights == (100, FULL)


def test_nothing_but_zeros_is_no_brush():
    with pytest.raises(UserError, match="nothing to paint with"):
        Brush((A, B), (FULL, FULL)).weighed((0, 0))


def test_shares_for_a_receipt_name_presets():
    (share,) = Brush.of(style("Dance", preset="dance")).shares()
    assert (share.title, share.weight, share.preset) == ("Dance", FULL, "dance")


def test_all_presses_count_in_a_blend_and_the_last_one_without():
    assert Brush.of(A).pressed([B, C], blend=True)[0].styles == (A, B, C)
    assert Brush.of(A).pressed([B, C, B], blend=True)[0].styles == (A, C)
    assert Brush.of(A).pressed([B, C], blend=False)[0].styles == (C,)


def test_presses_beyond_the_fourth_style_are_refused_and_the_others_kept():
    presses = [B, C, style("D"), style("E")]
    brush, refused = Brush.of(A).pressed(presses, blend=True)
    assert brush.styles == (A, *presses[:3])
    assert "Up to 4" in refused


def test_a_brush_keeps_its_weights_in_another_tab_and_names_what_is_lost():
    there = {"A": style("A there", 1), "C": style("C there", 5)}
    brush, lost = Brush((A, B, C), (20, 30, 50)).translated(lambda its: there.get(its.title))
    assert brush is not None
    assert brush.styles == (there["A"], there["C"])
    assert brush.weights == (20, 50)
    assert lost == ["B"]
    assert Brush.of(B).translated(lambda its: None) == (None, ["B"])
