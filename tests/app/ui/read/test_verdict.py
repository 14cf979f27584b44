import re

from app.ui.read.verdict import verdict_html, views_html


def test_a_bar_for_each_movement_likeliest_first(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), chosen=1)
    names = re.findall(r'class="name">(\w+)<', html)
    assert names[:3] == ["Cubism", "Realism", "Abstract"]
    assert len(names) == 5


def test_only_the_chosen_movement_is_pressed(make_reading):
    html = verdict_html(make_reading(), chosen=4)
    (pressed,) = re.findall(r'data-index="(\d)" aria-pressed="true"', html)
    assert pressed == "4"


def test_bars_speak_to_a_screen_reader(make_reading):
    html = verdict_html(make_reading(0.1, 0.6, 0.05, 0.05, 0.2), chosen=1)
    assert re.search(r'aria-label="Cubism: 60.%, fairly sure', html)


def test_a_refusal_is_grey_but_still_shows_the_numbers(make_reading):
    html = verdict_html(make_reading(outside=True), chosen=1)
    assert 'class="verdict outside"' in html
    assert html.count("data-index") == 5
    assert 'class="views outside"' in views_html(make_reading(outside=True))


def test_each_of_six_views_has_its_own_verdict(make_reading):
    html = views_html(make_reading())
    assert html.count("<figure>") == 6
    assert html.count("<b>Cubism</b>") == 6
    assert "whole picture" in html
