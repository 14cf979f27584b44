import numpy as np
import pytest

from app.errors import UserError
from app.ui.painting.style_mix import FULL, Style, StyleMix


def style(title: str, value: float = 0.0, **more: str) -> Style:
    return Style(title, np.full(4, value, np.float32), **more)


A, B, C = style("A", 1), style("B", 3), style("C", 5)


def test_one_style_alone():
    style_mix = StyleMix.of(A)
    np.testing.assert_array_equal(style_mix.vector, A.vector)
    assert style_mix.description() == "A"


def test_a_blend_is_the_weighted_mean():
    style_mix = StyleMix((A, B), (FULL, FULL)).weighed((75, 25))
    np.testing.assert_allclose(style_mix.vector, 1.5)
    assert style_mix.description() == "75\N{NO-BREAK SPACE}% A and 25\N{NO-BREAK SPACE}% B"


def test_styles_without_weight_are_not_named():
    assert StyleMix((A, B), (0, 50)).description() == "B"


def test_pressing_adds_or_removes_but_never_the_last_style():
    style_mix = StyleMix.of(A).with_or_without(B)
    assert style_mix.styles == (A, B)
    style_mix = style_mix.with_or_without(A)
    assert style_mix.styles == (B,)
    assert style_mix.with_or_without(B).styles == (B,)


def test_a_fifth_style_is_refused():
    style_mix = StyleMix.of(A)
    for other in (B, C, style("D")):
        style_mix = style_mix.with_or_without(other)
    with pytest.raises(UserError, match="Up to 4"):
        style_mix.with_or_without(style("E"))


def test_styles_without_weight_are_not_counted():
    style_mix = StyleMix((A, B, C, style("D"), style("E")), (100, 0, 0, 0, 0)).with_or_without(B)
    assert style_mix.styles == (A, B)
    assert style_mix.weights == (100, FULL)


def test_all_weights_zero_is_refused():
    with pytest.raises(UserError, match="nothing to paint with"):
        StyleMix((A, B), (FULL, FULL)).weighed((0, 0))


def test_shares_name_presets():
    (share,) = StyleMix.of(style("Dance", preset="dance")).shares()
    assert (share.title, share.weight, share.preset) == ("Dance", FULL, "dance")


def test_all_presses_count_in_a_blend_and_the_last_one_otherwise():
    assert StyleMix.of(A).pressed([B, C], blend=True)[0].styles == (A, B, C)
    assert StyleMix.of(A).pressed([B, C, B], blend=True)[0].styles == (A, C)
    assert StyleMix.of(A).pressed([B, C], blend=False)[0].styles == (C,)


def test_presses_beyond_the_fourth_style_are_refused():
    presses = [B, C, style("D"), style("E")]
    style_mix, refused = StyleMix.of(A).pressed(presses, blend=True)
    assert style_mix.styles == (A, *presses[:3])
    assert "Up to 4" in refused


def test_weights_are_kept_in_another_tab_and_missing_styles_named():
    there = {"A": style("A there", 1), "C": style("C there", 5)}
    style_mix, lost = StyleMix((A, B, C), (20, 30, 50)).translated(lambda its: there.get(its.title))
    assert style_mix is not None
    assert style_mix.styles == (there["A"], there["C"])
    assert style_mix.weights == (20, 50)
    assert lost == ["B"]
    assert StyleMix.of(B).translated(lambda its: None) == (None, ["B"])
