"""The last paintings of a session: kept small, compared, and restored."""

import pickle

import pytest

from app.ui.painting.sliders import slider_positions
from app.ui.tabs.stylize.form import STRENGTH
from app.ui.tabs.stylize.results import COMPARE, GO_BACK, MOST_RESULTS
from tests.app.ui.painting.actions import after, file_data, press, upload


@pytest.fixture
def painted(tab, values, file):
    """What the page says after the cat, then an upload in the same style, then at half strength."""
    values = after(values, tab._choose(values, press(1)))
    values = after(values, upload(tab, values, file_data(file)))
    half = {tab.form.strength: slider_positions(STRENGTH, [50])}
    return after(values, tab._change(values | half) | half)


def test_each_painting_is_kept_once_and_the_newest_is_first(tab, values, painted):
    results = painted[tab.state].results
    assert [result.title for result in results] == ["Chelsea the cat", "holiday.png", "holiday.png"]
    assert tab._change(painted)[tab.state].results == results
    strip = tab._change(painted)[tab.strip]
    assert strip.index('data-index="2"') < strip.index('data-index="0"')
    assert values[tab.state].results == ()


def test_no_more_than_twelve_are_kept(tab, values):
    for strength in range(MOST_RESULTS + 3):
        strength_updates = {tab.form.strength: slider_positions(STRENGTH, [80 + strength])}
        values = after(values, tab._change(values | strength_updates)) | strength_updates
    results = values[tab.state].results
    assert [result.number for result in results] == list(range(3, MOST_RESULTS + 3))


def test_kept_results_are_small(tab, painted, file):
    values = after(
        painted, tab._upload_styles(painted | {tab.style_picker.upload: [file_data(file)]})
    )
    result = values[tab.state].results[-1]
    assert all(style.picture is None for style in result.style_mix.styles)
    assert len(pickle.dumps((result.thumbnail, result.label))) < 20_000
    assert result.example is None


def test_going_back_restores_photograph_style_and_settings(tab, painted):
    first, second, _ = painted[tab.state].results
    shown = tab._select_result(painted, press(second.number, GO_BACK))
    assert shown[tab.form.strength]["values"] == [100]
    assert shown[tab.state].uploaded is painted[tab.state].uploaded
    shown = tab._select_result(painted, press(first.number, GO_BACK))
    session = shown[tab.state]
    assert session.uploaded.title == "Chelsea the cat"
    assert session.style_mix.description() == "the-cat"
    assert "picture" in shown[tab.compare_slider]
    assert len(session.results) == 3
    assert set(shown) <= {*tab.receive_outputs}
    back = tab._select_result(after(painted, shown), press(second.number, GO_BACK))
    assert back[tab.state].uploaded.title == "holiday.png"


def test_an_uploaded_style_is_restored_with_its_picture(tab, painted, file):
    values = after(
        painted, tab._upload_styles(painted | {tab.style_picker.upload: [file_data(file)]})
    )
    number = values[tab.state].results[-1].number
    values = after(values, tab._choose(values, press(0)))
    session = tab._select_result(values, press(number, GO_BACK))[tab.state]
    assert session.style_mix.styles == session.uploaded_styles


def test_a_result_is_compared_until_something_changes(tab, painted):
    number = painted[tab.state].results[0].number
    shown = tab._select_result(painted, press(number, COMPARE))
    assert "Chelsea the cat after the-cat" in shown[tab.compare_slider]["legend"]
    assert 'aria-pressed="true"' in shown[tab.strip]
    values = after(painted, shown)
    again = tab._select_result(values, press(number, COMPARE))
    assert again[tab.compare_slider]["picture"] != shown[tab.compare_slider]["picture"]
    assert again[tab.state].compared is None
    changed = tab._choose(values, press(0))
    assert changed[tab.compare_slider]["picture"] == again[tab.compare_slider]["picture"]
    assert changed[tab.state].compared is None


def test_a_result_that_is_no_longer_kept_is_refused(tab, painted):
    first = painted[tab.state].results[0]
    for number in (99, None, "x"):
        (notice,) = tab._select_result(painted, press(number, GO_BACK)).values()
        assert "no longer kept" in notice
    first.file.unlink()
    assert "no longer kept" in tab._select_result(painted, press(first.number, COMPARE))[tab.notice]


def test_a_deleted_photograph_is_asked_for_again(tab, painted, file):
    values = after(painted, tab.image_input._receive_example(painted, press(0)))
    file.unlink()
    shown = tab._select_result(values, press(painted[tab.state].results[-1].number, GO_BACK))
    assert "could not be opened" in shown[tab.notice]
