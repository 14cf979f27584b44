import re

import numpy as np
import pytest

from app.ui.tabs.read.verdict import verdict_html, views_html

TRUST = {"Cubism": "Cubism: it finds 4 of 5.", "Realism": "Realism: it finds 1 of 3."}


def test_a_bar_for_each_movement_likeliest_first(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), 1, TRUST)
    names = re.findall(r'class="name">(\w+)<', html)
    assert names[:3] == ["Cubism", "Realism", "Abstract"]
    assert len(names) == 5


def test_only_the_chosen_movement_is_pressed(make_reading):
    html = verdict_html(make_reading(), 4, TRUST)
    (pressed,) = re.findall(r'data-index="(\d)" aria-pressed="true"', html)
    assert pressed == "4"


def test_bars_speak_to_a_screen_reader(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), 1, TRUST)
    assert re.search(r'aria-label="Cubism: 60.%, fairly sure', html)


def test_a_refusal_is_grey_but_still_shows_the_numbers(make_reading):
    html = verdict_html(make_reading(refusal="outside"), 1, TRUST)
    assert 'class="verdict outside"' in html
    assert html.count("data-index") == 5
    assert 'class="views outside"' in views_html(make_reading(refusal="outside"))


def test_each_of_six_views_has_its_own_verdict(make_reading):
    html = views_html(make_reading())
    assert html.count("<figure>") == 6
    assert html.count("<b>Cubism</b>") == 6
    assert "whole picture" in html


def test_how_reliable_it_is_is_said_of_what_the_headline_names(make_reading):
    def said(*probabilities: float) -> list[str]:
        html = verdict_html(make_reading(*probabilities), 1, TRUST)
        return re.findall(r'class="small trust">([^<]+)<', html)

    assert said(0.1, 0.6, 0.05, 0.05, 0.2) == [TRUST["Cubism"]]
    assert said(0.1, 0.43, 0.05, 0.05, 0.37) == list(TRUST.values())
    assert said(0.7, 0.1, 0.05, 0.05, 0.1) == []


def test_each_bar_tells_how_reliable_its_movement_is(make_reading):
    html = verdict_html(make_reading(), 1, TRUST)
    for words in TRUST.values():
        assert f'title="{words}"' in html


@pytest.mark.parametrize("reason", ["small", "plain", "noise"])
def test_where_there_is_nothing_to_read_no_movement_is_named(make_reading, reason):
    blank = make_reading(refusal=reason)
    html = verdict_html(blank, 1, TRUST) + views_html(blank)
    assert "nearly nothing in this picture" in html
    assert not any(movement in html for movement in blank.movements)


def test_the_longest_bar_is_the_headline_s(make_reading):
    rng = np.random.default_rng(0)
    for chances in rng.dirichlet(np.ones(5), 200):
        reading = make_reading(*chances)
        html = verdict_html(reading, reading.best, TRUST)
        headline = re.search("<h2>(.+?)</h2>", html)[1]
        names = re.findall(r'class="name">(\w+)<', html)
        widths = [float(width) for width in re.findall(r"width: ([\d.]+)%", html)]
        assert names[0] in headline
        assert widths == sorted(widths, reverse=True)
        assert sum(widths) == pytest.approx(100, abs=0.3)
