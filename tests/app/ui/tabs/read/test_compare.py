"""Two pictures side by side: the handlers, called as Gradio calls them."""

from typing import Any

import gradio as gr
import numpy as np
import pytest

from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture
from app.ui.handlers import ComponentValues
from app.ui.tabs.read.tab import ReadTab
from tests.app.ui.tabs.read.test_tab import FakeClassifier, press

REALISM = 4


@pytest.fixture(scope="module")
def tab(make_reading) -> ReadTab:
    with gr.Blocks():
        return ReadTab(AppContext(FakeClassifier(make_reading()), Settings(), None))


@pytest.fixture(scope="module")
def second(tab: ReadTab, make_reading) -> UploadedPicture:
    """A visitor's picture with another movement."""
    uploaded = tab.context.receive("my <second>.png", np.full((40, 60, 3), 99, np.uint8))
    fields = vars(uploaded) | {"reading": make_reading(0.1, 0.1, 0.05, 0.05, 0.7)}
    return UploadedPicture(**fields)


@pytest.fixture
def values(tab: ReadTab) -> ComponentValues:
    """What the page sends when it has just opened."""
    parts: list[Any] = [tab.uploaded, tab.token, tab.compare.second]
    return {part: part.value for part in parts}


def test_both_pictures_have_verdict_views_and_heat_map(tab, values, second):
    shown = tab.compare._receive(values, second)
    html = shown[tab.compare.shown]
    assert shown[tab.compare.second] is second
    assert html.count("<article>") == html.count("</article>") == 2
    assert html.count("<figure>") == 2 * 7
    first, other = html.split("</article>")[:2]
    assert "Harbour at dawn" in first
    assert "<h2>Cubism</h2>" in first
    assert "Evidence for Cubism" in first
    assert "<h2>Realism</h2>" in other
    assert "Evidence for Realism" in other
    assert "my &lt;second&gt;.png" in other


def test_an_example_can_be_the_second_picture(tab, values):
    shown = tab.compare.image_input._receive_example(values, press(1))
    assert "Night over the hill" in shown[tab.compare.shown]


def test_a_movement_is_shown_in_both_pictures(tab, values, second):
    first = tab.uploaded.value
    shown = tab.compare._show_movement(first, first.token, second, press(REALISM))
    html = shown[tab.compare.shown]
    assert html.count("Evidence for Realism") == 2
    html = html.replace("\N{NO-BREAK SPACE}", " ")
    assert "Realism: 20 % in the first picture, 70 % in the second." in html


def test_another_first_picture_removes_the_second(tab, second):
    shown = tab.show(second)
    assert shown[tab.compare.second] is None
    assert shown[tab.compare.shown] == ""


def test_an_expired_session_is_noticed(tab, values, second):
    first = tab.uploaded.value
    for token, other in ((first.token, None), (second.token, second)):
        shown = tab.compare._show_movement(first, token, other, press(0))
        assert SESSION_EXPIRED in shown[tab.compare.notice]
    values[tab.token] = second.token
    shown = tab.compare.image_input._receive_example(values, press(1))
    assert set(shown) == {tab.compare.notice}
    assert SESSION_EXPIRED in shown[tab.compare.notice]
