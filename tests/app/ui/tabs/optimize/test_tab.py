"""Styles, masks, settings and sessions of Paint slowly: the handlers, with a quick engine."""

from pathlib import Path

import numpy as np
import pytest

from app.ui.context import SESSION_EXPIRED, AppContext
from app.ui.handlers import ComponentValues
from app.ui.painting.form import EACH
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.tabs.optimize.job import OptimizationState
from app.ui.tabs.optimize.job_panel import BUSY
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.painting.actions import drawing, file_data, press, upload
from tests.app.ui.tabs.optimize.quick_engine import REQUEST, SETTINGS, begin


def test_while_painting_styles_wait_and_pictures_are_refused(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    values[tab.job_state].busy = True
    shown = tab._choose(values, press(0))
    assert tab.compare_slider not in shown
    assert shown[tab.state].style_mix.description() == "the-coffee"
    assert BUSY in tab.image_input._receive_example(values, press(0))[tab.notice]


def test_another_style_is_sketched_at_once(tab: OptimizeTab, values: ComponentValues) -> None:
    before = values[tab.state].sketch
    shown = tab._choose(values, press(3))
    assert "a quick sketch" in shown[tab.compare_slider]["legend"]
    assert not np.array_equal(shown[tab.state].sketch, before)


def test_each_style_can_have_a_mask(tab: OptimizeTab, values: ComponentValues) -> None:
    pressed = press(2)
    shown = tab._choose(values | {tab.style_picker.blend: True}, pressed)
    session = shown[tab.state]
    sheet = np.full((30, 40, 3), 255, np.uint8)
    sheet[:, :20] = 0
    first, second = session.style_mix.styles
    values |= {tab.masks.meaning: EACH, tab.masks.drawing: {second.key: drawing(sheet)}}
    spec = session.spec(tab.context.bundle, tab.form.read(values).settings)
    assert spec.mask is None
    assert spec.styles[0].region is None
    np.testing.assert_array_equal(spec.styles[1].region, 255 - sheet[..., 0])
    shown = tab._change(values | {tab.state: session})
    assert first.title in shown[tab.masks.pens]
    apart, blended = shown[tab.state].sketch, session.sketched(tab.stylizer, SETTINGS).sketch
    assert (apart != blended).any()


def test_unticking_blend_keeps_one_style(tab: OptimizeTab, values: ComponentValues) -> None:
    shown = tab._choose(values | {tab.style_picker.blend: True}, press(2))
    assert shown[tab.style_picker.blend] is True
    values |= {tab.state: shown[tab.state], tab.style_picker.blend: False}
    assert len(tab._unblend(values)[tab.state].style_mix.styles) == 1


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("content", [], "tick one"),
        ("style", ["relu9_1"], "no such layers"),
        ("beta", -1, "A weight must be"),
        ("seed", 2**40, "one exceeds"),
        ("network", "vgg99", "no such network"),
    ],
)
def test_impossible_settings_are_answered_in_the_page(
    tab: OptimizeTab, values: ComponentValues, part: str, value: object, sentence: str
) -> None:
    (last,) = begin(tab, values | {getattr(tab.form.advanced, part): value})
    assert sentence in last[tab.job_panel.notice]


def test_a_recipe_sets_the_form(tab: OptimizeTab, values: ComponentValues) -> None:
    advanced = tab.form.advanced
    recipe_updates = advanced.choose_preset("gatys", "vgg19")
    assert recipe_updates[advanced.content] == ["relu4_2"]
    assert recipe_updates[advanced.optimiser] == "lbfgs"
    chosen = {advanced.preset: "gatys", advanced.network: "vgg19"}
    recipe = tab.form.read(values | chosen | recipe_updates).settings.recipe
    assert recipe.statistics == "gram"
    assert recipe.content == {"relu4_2": 1.0}


def test_only_presets_with_statistics_are_offered(tab: OptimizeTab) -> None:
    offered = [style.preset for style in tab.style_picker.styles[: len(tab.style_picker.presets)]]
    assert offered == ["the-coffee", "the-cat"]


def test_an_expired_session_asks_for_the_picture_again(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    (last,) = begin(tab, values | {tab.token: "another"})
    assert SESSION_EXPIRED in last[tab.job_panel.notice]
    (last,) = tab.job_panel.go_on(values, REQUEST)
    assert SESSION_EXPIRED in last[tab.job_panel.notice]


def test_picture_and_styles_are_taken_over_from_paint(
    tab: OptimizeTab, values: ComponentValues, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cat = Style("the-cat", tab.style_picker.styles[1].vector, preset="the-cat")
    shown = tab.receive(values, uploaded, StyleMix.of(cat))
    session = shown[tab.state]
    assert session.uploaded is uploaded
    assert session.style_mix.styles == (tab.style_picker.styles[1],)
    assert shown[tab.style_picker.galleries[0]] == {"pressed": [1]}
    assert shown[tab.notice] == tab.image_input.hint


def test_a_style_that_cannot_be_painted_slowly_is_named(
    tab: OptimizeTab, values: ComponentValues, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cubism = Style("Cubism", np.zeros(256, np.float32), preset="cubism")
    shown = tab.receive(values, uploaded, StyleMix.of(cubism))
    assert "Cubism is a style of the Paint tab only" in shown[tab.notice]
    assert shown[tab.state].style_mix is values[tab.state].style_mix


def test_an_upload_is_refused_unread_while_painting(
    tab: OptimizeTab, values: ComponentValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AppContext, "upload_path", lambda *_: pytest.fail("It was opened first."))
    sent = file_data(Path("a.png"))
    assert (
        BUSY
        in upload(tab, values | {tab.job_state: OptimizationState(busy=True)}, sent)[tab.notice]
    )
