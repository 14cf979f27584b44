"""The last paintings of a visit: kept small, compared, and gone back to."""

import pickle

import pytest

from app.ui.tabs.stylize.form import STRENGTH
from app.ui.tabs.stylize.results import COMPARE, GO_BACK, MOST_RESULTS
from app.ui.tabs.stylize.widgets import slider_positions
from tests.app.ui.tabs.stylize.stylize_tab import after, bring, press, upload


@pytest.fixture
def painted(tab, said, file):
    """What the page says after the cat, then an upload in the same style, then at half strength."""
    said = after(tab, said, tab._choose(said, press(1)))
    said = after(tab, said, bring(tab, said, upload(file)))
    half = {tab.form.strength: slider_positions(STRENGTH, [50])}
    return after(tab, said, tab._change(said | half) | half)


def test_each_painting_is_kept_once_and_the_newest_stands_first(tab, said, painted):
    results = painted[tab.state].results
    assert [result.title for result in results] == ["Chelsea the cat", "holiday.png", "holiday.png"]
    assert tab._change(painted)[tab.state].results == results
    strip = tab._change(painted)[tab.strip]
    assert strip.index('data-index="2"') < strip.index('data-index="0"')
    assert said[tab.state].results == ()


def test_no_more_than_twelve_are_kept(tab, said):
    for strength in range(MOST_RESULTS + 3):
        told = {tab.form.strength: slider_positions(STRENGTH, [80 + strength])}
        said = after(tab, said, tab._change(said | told)) | told
    results = said[tab.state].results
    assert [result.number for result in results] == list(range(3, MOST_RESULTS + 3))


def test_what_is_kept_is_small(tab, painted, file):
    said = after(
        tab, painted, tab._bring_styles(painted | {tab.style_picker.bring: [upload(file)]})
    )
    result = said[tab.state].results[-1]
    assert all(style.picture is None for style in result.style_mix.styles)
    assert len(pickle.dumps((result.thumbnail, result.words))) < 20_000
    assert result.example is None


def test_going_back_brings_photograph_style_and_settings(tab, painted):
    first, second, _ = painted[tab.state].results
    shown = tab._look_back(painted, press(second.number, GO_BACK))
    assert shown[tab.form.strength]["values"] == [100]
    assert shown[tab.state].uploaded is painted[tab.state].uploaded
    shown = tab._look_back(painted, press(first.number, GO_BACK))
    session = shown[tab.state]
    assert session.uploaded.title == "Chelsea the cat"
    assert session.style_mix.words() == "the-cat"
    assert "picture" in shown[tab.compare_slider]
    assert len(session.results) == 3
    assert set(shown) <= {*tab.results, *tab.style_picker.previews.outputs}
    back = tab._look_back(after(tab, painted, shown), press(second.number, GO_BACK))
    assert back[tab.state].uploaded.title == "holiday.png"


def test_a_style_of_one_s_own_comes_back_with_its_picture(tab, painted, file):
    said = after(
        tab, painted, tab._bring_styles(painted | {tab.style_picker.bring: [upload(file)]})
    )
    number = said[tab.state].results[-1].number
    said = after(tab, said, tab._choose(said, press(0)))
    session = tab._look_back(said, press(number, GO_BACK))[tab.state]
    assert session.style_mix.styles == session.uploaded_styles


def test_comparing_shows_a_result_beside_the_painting_until_something_changes(tab, painted):
    number = painted[tab.state].results[0].number
    shown = tab._look_back(painted, press(number, COMPARE))
    assert "Chelsea the cat after the-cat" in shown[tab.compare_slider]["legend"]
    assert 'aria-pressed="true"' in shown[tab.strip]
    said = after(tab, painted, shown)
    again = tab._look_back(said, press(number, COMPARE))
    assert again[tab.compare_slider]["picture"] != shown[tab.compare_slider]["picture"]
    assert again[tab.state].compared is None
    changed = tab._choose(said, press(0))
    assert changed[tab.compare_slider]["picture"] == again[tab.compare_slider]["picture"]
    assert changed[tab.state].compared is None


def test_what_is_no_longer_kept_is_said(tab, painted):
    first = painted[tab.state].results[0]
    for number in (99, None, "x"):
        (notice,) = tab._look_back(painted, press(number, GO_BACK)).values()
        assert "no longer kept" in notice
    first.file.unlink()
    assert "no longer kept" in tab._look_back(painted, press(first.number, COMPARE))[tab.notice]


def test_a_photograph_whose_file_is_gone_is_said(tab, painted, file):
    said = after(tab, painted, tab.image_input._receive_example(painted, press(0)))
    file.unlink()
    shown = tab._look_back(said, press(painted[tab.state].results[-1].number, GO_BACK))
    assert "could not be opened" in shown[tab.notice]
