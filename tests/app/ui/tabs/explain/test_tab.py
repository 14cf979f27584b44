"""Which sections of the tab are filled, and when."""

from types import SimpleNamespace

import gradio as gr
import pytest

from app.settings import Settings
from app.ui.context import AppContext
from app.ui.tabs.explain.tab import ExplainTab


@pytest.fixture
def tab(make_reading) -> ExplainTab:
    classifier = SimpleNamespace(read=lambda _: make_reading())
    with gr.Blocks():
        return ExplainTab(AppContext(classifier, Settings(), None))


def test_a_new_picture_is_requested_by_open_sections_only(tab):
    uploaded = tab.context.example(1)
    maps, textures = tab.folded
    values = {tab.state: uploaded}
    values |= {tab.open[maps]: True, tab.requested[maps]: "before"}
    values |= {tab.open[textures]: False, tab.requested[textures]: "before"}
    assert tab._request_open(values) == {tab.requested[maps]: uploaded.token}


def test_where_no_section_is_open_the_answer_changes_nothing(tab):
    values = {tab.state: tab.context.example(1)} | dict.fromkeys(tab.open.values(), False)
    assert tab._request_open(values) == gr.skip()


def test_both_later_sections_are_folded_at_first(tab):
    assert [section.fold.open for section in tab.folded] == [False, False]
    assert not any(state.value for state in tab.open.values())
