"""Paintings that are dropped on Paint: settings are restored, or they are used as pictures."""

import numpy as np
import pytest

from app.generation_parameters import GenerationParameters, StyleShare, encode_with_parameters
from app.serving.resolution import NATIVE
from app.ui.painting.parameters import CHOICES
from app.ui.tabs.stylize.session import StylizeSettings
from tests.app.ui.painting.actions import answer, file_data, restore, upload

CAT = StyleShare("the-cat", 1, "the-cat")
PHOTOGRAPH = "The photograph is not in the file"


@pytest.fixture
def stored(tmp_path):
    """Writes a painting with generation parameters."""

    def write(*styles: StyleShare, **settings: object) -> dict[str, object]:
        parameters = GenerationParameters(
            styles, {key.replace("_", " "): v for key, v in settings.items()}
        )
        png = encode_with_parameters(np.zeros((8, 8, 3), np.uint8), parameters)
        (tmp_path / "painted.png").write_bytes(png)
        return file_data(tmp_path / "painted.png")

    return write


def test_a_stored_painting_asks_what_is_wanted(tab, values, stored):
    asked = upload(tab, values, stored(CAT))
    assert set(asked) == {tab.notice, tab.question.pending}
    assert all(words in asked[tab.notice] for words in CHOICES)
    shown = answer(tab, values, asked, 1)
    assert shown[tab.state].uploaded.title == "holiday.png"
    assert shown[tab.state].style_mix is values[tab.state].style_mix
    assert shown[tab.question.pending] is None
    not_asked = answer(tab, values, shown, 0)
    assert "drop the picture here again" in not_asked[tab.notice]


@pytest.mark.parametrize(
    ("written", "slider", "native"),
    [(1.5, 1.5, False), (NATIVE, 1, True), (None, 1, False), (7, 1, False), (False, 1, False)],
)
def test_the_stroke_size_is_restored(tab, values, stored, written, slider, native):
    settings = {} if written is None else {"stroke_size": written}
    shown = restore(tab, values, stored(CAT, **settings))
    assert shown[tab.form.stroke_size]["values"] == [slider]
    assert shown[tab.form.native] is native


def test_the_form_is_restored_and_what_is_missing_named_once(tab, values, stored):
    styles = (StyleShare("the-cat", 3, "the-cat"), StyleShare("my own"), StyleShare("x", 1, "gone"))
    settings = {"strength": 0.25, "colours": "palette", "style_size": 99, "mask": True}
    shown = restore(tab, values, stored(*styles, picture="dog.jpg", **settings))
    assert shown[tab.state].uploaded is values[tab.state].uploaded
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.form.strength]["values"] == [25]
    assert shown[tab.form.colours] == "palette"
    assert shown[tab.form.style_size]["values"] == [StylizeSettings().style_size]
    notice = shown[tab.notice]
    for words in ("as they were", "my own", "no style \N{LEFT DOUBLE QUOTATION MARK}x", "mask"):
        assert words in notice
    assert notice.count("photograph") == 1


def test_several_styles_tick_blend(tab, values, stored):
    shown = restore(tab, values, stored(CAT, StyleShare("the-coffee", 1, "the-coffee")))
    assert shown[tab.style_picker.blend] is True
    assert shown[tab.style_picker.weights]["visible"] is True


def test_a_painting_made_slowly_is_recognised(tab, values, stored):
    settings = {"painted": "slowly", "colours": "photograph", "style_size": 1.5, "alpha": 3}
    now = values | {tab.form.native: True}
    shown = restore(tab, now, stored(CAT, picture="Chelsea the cat", **settings))
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.form.colours] == "photograph"
    assert shown[tab.form.native] is True  # What it does not say stays as it is.
    assert "painted slowly" in shown[tab.notice]
    assert "as they were" not in shown[tab.notice]


def test_built_in_examples_need_no_upload(tab, values, stored):
    shown = restore(tab, values, stored(StyleShare("Three fields"), picture="Harbour at dawn"))
    session = shown[tab.state]
    assert session.uploaded.title == "Harbour at dawn"
    assert session.style_mix.description() == "Three fields"
    assert session.uploaded_styles == session.style_mix.styles
    assert "Styles and settings are set as they were.</p>" in shown[tab.notice]


def test_an_uploaded_picture_stays_where_an_example_was_painted(tab, values, file, stored):
    values |= {tab.state: upload(tab, values, file_data(file))[tab.state]}
    values |= {tab.token: values[tab.state].token}
    shown = restore(tab, values, stored(CAT, picture="Harbour at dawn"))
    assert shown[tab.state].uploaded.title == "holiday.png"
    assert PHOTOGRAPH not in shown[tab.notice]
    assert "your picture stays" in shown[tab.notice]


def test_stored_titles_are_escaped(tab, values, stored):
    shown = restore(tab, values, stored(StyleShare("<img src=x>", 1), picture="<img src=y>"))
    assert "<img" not in shown[tab.notice]
