import base64
import gc
import io
import re

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.house import House
from app.ui.paint.previews import Previews, preview_html, sheet_html
from app.ui.paint.tab import PaintTab


@pytest.fixture(scope="module")
def tab(classifier, studio) -> PaintTab:
    with gr.Blocks():
        return PaintTab(House(classifier, Settings(), studio))


@pytest.fixture
def said(tab):
    """What the page says when it opens."""
    previews = tab.palette.previews
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
    for preset in tab.studio.presets:
        template = tab.palette.paintings.html_template + tab.palette.movements.html_template
        assert template.count(preview_html(preset.name)) == 1
    assert "preview" not in str(tab.palette.guests.value)


def test_previews_are_made_once_for_a_visit(tab, said, monkeypatch):
    previews = tab.palette.previews
    shown = previews.show(tab, said)
    names = [preset.name for preset in tab.studio.presets]
    assert list(pictures(shown[previews.sheet])) == names
    monkeypatch.setattr(type(tab.studio), "previews", None)
    # The page has them: they are not even sent again.
    again = previews.show(tab, said | {previews.shown: shown[previews.shown]})
    assert previews.sheet not in again
    # Another page of the same picture, such as an example.
    assert previews.show(tab, said)[previews.sheet] == shown[previews.sheet]


def test_previews_go_when_their_visit_goes(tab, said, painting):
    previews = Previews()
    visit = tab.house.receive("mine", painting)
    assert previews.of(visit, tab.studio)
    assert len(previews.made) == 1
    del visit
    gc.collect()
    assert not previews.made


def test_another_picture_takes_the_old_previews_away(tab, said):
    previews = tab.palette.previews
    inputs = {part: part.value for part in tab.inputs}
    shown = tab.receive(inputs, tab.house.example(0))
    assert not pictures(shown[previews.sheet])
    assert shown[previews.shown] == ""  # so that the very same picture gets them again


def test_a_session_that_began_anew_is_left_alone(tab, said):
    shown = tab.palette.previews.show(tab, said | {tab.token: "another"})
    assert tab.palette.previews.sheet not in shown
