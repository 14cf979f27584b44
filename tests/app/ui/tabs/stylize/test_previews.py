import base64
import gc
import io
import re

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.context import AppContext
from app.ui.tabs.stylize.previews import Previews, preview_html, sheet_html
from app.ui.tabs.stylize.tab import StylizeTab


@pytest.fixture(scope="module")
def tab(classifier, bundle) -> StylizeTab:
    with gr.Blocks():
        return StylizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def said(tab):
    """What the page says when it opens."""
    previews = tab.style_picker.previews
    return {tab.state: tab.state.value, tab.token: tab.token.value, previews.shown: ""}


def pictures(sheet: str) -> dict[str, np.ndarray]:
    """Of a style sheet, by preset."""
    found = re.findall(r'data-preset="([^"]+)"\]\{[^}]*base64,([^)]+)\)', sheet)
    return {
        name: np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
        for name, content in found
    }


def test_the_sheet_has_a_picture_for_each_preset():
    colours = {"one": (200, 0, 0), "the-other": (0, 0, 200)}
    sheet = sheet_html(list(colours), [np.full((9, 7, 3), c, np.uint8) for c in colours.values()])
    found = pictures(sheet)
    assert list(found) == list(colours)
    for name, colour in colours.items():
        assert found[name].shape == (9, 7, 3)
        np.testing.assert_allclose(found[name][4, 3], colour, atol=12)


def test_tiles_of_presets_have_a_place_for_a_preview_and_others_none(tab):
    for preset in tab.bundle.presets:
        template = (
            tab.style_picker.paintings.html_template + tab.style_picker.movements.html_template
        )
        assert template.count(preview_html(preset.name)) == 1
    assert "preview" not in str(tab.style_picker.uploaded_styles.value)


def test_previews_are_made_once_for_a_visit(tab, said, monkeypatch):
    previews = tab.style_picker.previews
    shown = previews.show(tab, said)
    names = [preset.name for preset in tab.bundle.presets]
    assert list(pictures(shown[previews.sheet])) == names
    monkeypatch.setattr(type(tab.bundle), "previews", None)
    # The page has them: they are not even sent again.
    again = previews.show(tab, said | {previews.shown: shown[previews.shown]})
    assert previews.sheet not in again
    # Another page of the same picture, such as an example.
    assert previews.show(tab, said)[previews.sheet] == shown[previews.sheet]


def test_previews_go_when_their_visit_goes(tab, said, painting):
    previews = Previews()
    uploaded = tab.context.receive("mine", painting)
    assert previews.of(uploaded, tab.bundle)
    assert len(previews.made) == 1
    del uploaded
    gc.collect()
    assert not previews.made


def test_another_picture_takes_the_old_previews_away(tab, said):
    previews = tab.style_picker.previews
    inputs = {part: part.value for part in tab.inputs}
    shown = tab.receive(inputs, tab.context.example(0))
    assert not pictures(shown[previews.sheet])
    assert shown[previews.shown] == ""  # so that the very same picture gets them again


def test_a_session_that_began_anew_is_left_alone(tab, said):
    shown = tab.style_picker.previews.show(tab, said | {tab.token: "another"})
    assert tab.style_picker.previews.sheet not in shown
