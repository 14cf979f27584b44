"""The previews of a picture in every preset."""

import base64
import gc
import io
import re

import numpy as np
from PIL import Image

from app.ui.painting.style_picker import preview_html
from app.ui.tabs.stylize.style_picker import Previews, previews_html


def pictures(sheet: str) -> dict[str, np.ndarray]:
    """Of a style sheet, by preset."""
    found = re.findall(r'data-preset="([^"]+)"\]\{[^}]*base64,([^)]+)\)', sheet)
    return {
        name: np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
        for name, content in found
    }


def test_there_is_a_picture_for_each_preset():
    colours = {"one": (200, 0, 0), "the-other": (0, 0, 200)}
    sheet = previews_html(
        list(colours), [np.full((9, 7, 3), c, np.uint8) for c in colours.values()]
    )
    found = pictures(sheet)
    assert list(found) == list(colours)
    for name, colour in colours.items():
        assert found[name].shape == (9, 7, 3)
        np.testing.assert_allclose(found[name][4, 3], colour, atol=12)


def test_only_tiles_of_presets_have_a_preview(tab):
    for preset in tab.bundle.presets:
        template = "".join(gallery.html_template for gallery in tab.style_picker.galleries)
        assert template.count(preview_html(preset.name)) == 1
    assert "preview" not in str(tab.style_picker.uploaded.value)


def test_previews_are_made_once_for_a_picture(tab, values, monkeypatch):
    previews = tab.style_picker.previews
    sent = tab.state.value, tab.token.value, ""
    shown = previews.show(*sent)
    names = [preset.name for preset in tab.bundle.presets]
    assert list(pictures(shown[previews.sheet])) == names
    monkeypatch.setattr(type(tab.bundle), "previews", None)
    # The page has them: they are not even sent again.
    again = previews.show(*sent[:2], shown[previews.shown])
    assert previews.sheet not in again
    # Another page of the same picture, such as an example.
    assert previews.show(*sent)[previews.sheet] == shown[previews.sheet]


def test_previews_are_dropped_with_their_picture(tab, values, painting):
    previews = Previews(tab.bundle)
    uploaded = tab.context.receive("mine", painting)
    assert previews.of(uploaded)
    assert len(previews.made) == 1
    del uploaded
    gc.collect()
    assert not previews.made


def test_another_picture_clears_the_previews(tab, values):
    previews = tab.style_picker.previews
    shown = tab.receive(values, tab.context.example(0))
    assert not pictures(shown[previews.sheet])
    assert shown[previews.shown] == ""  # so that the very same picture gets them again


def test_an_expired_session_gets_no_previews(tab, values):
    shown = tab.style_picker.previews.show(tab.state.value, "another", "")
    assert tab.style_picker.previews.sheet not in shown
