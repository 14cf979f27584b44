"""What of the tab is looked at, and when."""

import gradio as gr
import pytest

from app.settings import Settings
from app.ui.context import AppContext
from app.ui.tabs.explain.tab import ExplainTab


@pytest.fixture(scope="module")
def tab(classifier, bundle) -> ExplainTab:
    with gr.Blocks():
        return ExplainTab(AppContext(classifier, Settings(), bundle))


def test_a_new_picture_is_looked_at_in_open_parts_only(tab):
    uploaded = tab.context.example(1)
    said = {tab.state: uploaded}
    said |= {tab.open[tab.maps]: True, tab.wanted[tab.maps]: "before"}
    said |= {tab.open[tab.texture]: False, tab.wanted[tab.texture]: "before"}
    assert tab._follow(said) == {tab.wanted[tab.maps]: uploaded.token}


def test_both_later_parts_are_folded_at_first(tab):
    assert [section.fold.open for section in tab.later] == [False, False]
    assert not any(state.value for state in tab.open.values())
