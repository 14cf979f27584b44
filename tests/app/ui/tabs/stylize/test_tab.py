"""The handlers of the Paint tab, called as Gradio calls them, with random networks."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.ui.context import SESSION_EXPIRED
from app.ui.painting.form import EACH, EXCEPT
from app.ui.painting.sliders import slider_positions
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.painting.style_picker import weight_sliders
from app.ui.tabs.stylize.form import STRENGTH, STROKE_SIZE
from tests.app.ui.painting.actions import after, drawing, file_data, press, restore, upload


def test_an_upload_is_painted_in_the_current_styles(tab, values, file):
    shown = upload(tab, values, file_data(file))
    session = shown[tab.state]
    assert session.uploaded.title == "holiday.png"
    assert session.style_mix is values[tab.state].style_mix
    assert shown[tab.token] == session.token != values[tab.token]
    assert shown[tab.compare_slider]["ratio"] == 1.5
    assert "holiday.png" in shown[tab.compare_slider]["caption"]
    assert set(shown) <= {*tab.receive_outputs}


def test_a_bad_upload_changes_the_notice_only(tab, values, tmp_path, file):
    (tmp_path / "bad.png").write_text("no picture")
    for bad in (file_data(tmp_path / "bad.png"), {"path": str(file)}):
        shown = upload(tab, values, bad)
        assert set(shown) == {tab.notice}
        assert 'role="alert"' in shown[tab.notice]


def test_file_names_are_escaped(tab, values, file):
    name = "<img src=x onerror=alert(1)>.png"
    shown = upload(tab, values, file_data(file, name))
    assert "<img" not in "".join(
        shown[tab.compare_slider][key] for key in ("caption", "alt", "legend")
    )


def test_a_pressed_style_replaces_the_current_one(tab, values):
    shown = tab._choose(values, press(1))
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.style_picker.galleries[0]] == {"pressed": [1]}
    assert shown[tab.painted]
    assert "picture" not in shown[tab.compare_slider]
    assert "by Ann, 1900" in shown[tab.compare_slider]["caption"]


def test_presses_during_work_are_all_blended_or_the_last_one_is_used(tab, values):
    several = SimpleNamespace(index=4, value=[1, 3, 4])
    shown = tab._choose(values | {tab.style_picker.blend: True}, several)
    assert shown[tab.style_picker.galleries[0]] == {"pressed": [0, 1, 3, 4]}
    assert tab._choose(values, several)[tab.style_picker.galleries[0]] == {"pressed": [4]}
    already_sent = SimpleNamespace(index=4, value=[])
    assert tab._choose(values, already_sent) == {tab.notice: gr.skip()}


def test_a_press_with_the_token_before_is_for_the_new_picture(tab, values, file):
    arrived = upload(tab, values, file_data(file))[tab.state]
    shown = tab._choose(values | {tab.state: arrived}, press(1))  # With the token before.
    assert shown[tab.state].uploaded.title == "holiday.png"
    assert shown[tab.state].style_mix.description() == "the-cat"


def test_picture_and_styles_are_taken_over_from_paint_slowly(tab, values, painting):
    uploaded = tab.context.receive("cat.png", painting)
    own = Style("mine.png", tab.stylizer.encode(painting), picture=painting)
    known = Style("the-cat", tab.style_picker.styles[1].vector, preset="the-cat")
    for _ in range(2):  # No style is added twice.
        shown = tab.receive(values, uploaded, StyleMix((own, known), (40, 80)))
        session = shown[tab.state]
        assert session.uploaded is uploaded
        assert [style.title for style in session.uploaded_styles] == ["mine.png"]
        assert session.style_mix.styles == (session.uploaded_styles[0], tab.style_picker.styles[1])
        assert session.style_mix.weights == (40, 80)
        assert shown[tab.style_picker.tabs] == gr.update(selected="paintings")
        assert shown[tab.style_picker.blend] is True
        values = values | {tab.state: session, tab.token: session.token}


def test_blending_adds_styles_and_shows_a_slider_for_each(tab, values):
    shown = tab._choose(values | {tab.style_picker.blend: True}, press(1))
    assert len(shown[tab.state].style_mix.styles) == 2
    assert shown[tab.style_picker.weights]["visible"] is True
    values = after(values, shown) | {tab.style_picker.blend: True}
    weights = shown[tab.style_picker.weights]["value"] | {"values": [20, 60]}
    shown = tab._weigh(values | {tab.style_picker.weights: weights})
    assert shown[tab.state].style_mix.weights == (20, 60)
    assert tab.style_picker.weights not in shown  # A slider that is dragged is left alone.
    assert "75\N{NO-BREAK SPACE}% the-cat" in shown[tab.compare_slider]["caption"]


def test_a_reload_restores_picture_blend_uploads_and_form_while_the_session_lives(
    tab, values, file
):
    upload_style, store = tab.style_picker.upload, tab.image_input.token_store
    opened = values
    values = after(values, upload(tab, values, file_data(file)))
    values |= {tab.style_picker.blend: True, tab.form.colours: "palette"}
    values |= {tab.form.strength: slider_positions(STRENGTH, [40])}
    shown = tab._upload_styles(values | {upload_style: [file_data(file, "mine.png")]})
    before, key = shown[tab.state], shown[store]

    shown = tab.image_input._restore(opened | {store: key})
    session = shown[tab.state]
    assert session.uploaded is before.uploaded
    assert session.style_mix is before.style_mix
    assert [style.title for style in session.uploaded_styles] == ["mine.png"]
    assert session.results == before.results
    assert shown[tab.form.colours] == "palette"
    assert shown[tab.form.strength]["values"] == [40]
    assert shown[tab.style_picker.blend] is True
    assert np.array_equal(session.parts[0].picture, before.parts[0].picture)
    assert key != shown[store] == session.key  # The key before does not keep it alive.
    assert set(shown) <= {*tab.receive_outputs}

    del before, shown, session, values
    for unknown in (key, "", None, {"key": key}):
        shown = tab.image_input._restore(opened | {store: unknown})
        assert shown[tab.state].uploaded.is_example
        assert not shown[tab.state].uploaded_styles


def test_unticking_blend_keeps_the_style_with_the_largest_weight(tab, values):
    shown = tab._choose(values | {tab.style_picker.blend: True}, press(1))
    assert shown[tab.style_picker.blend] is True
    values = after(values, shown)
    weights = slider_positions(weight_sliders(values[tab.state].style_mix), [20, 60], shares=True)
    values = after(values, tab._weigh(values | {tab.style_picker.weights: weights}))
    shown = tab._unblend(values | {tab.style_picker.blend: False})
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.style_picker.weights]["visible"] is False
    assert set(tab._unblend(values | {tab.style_picker.blend: True})) == {tab.notice}


def test_each_style_is_painted_inside_its_mask(tab, values, monkeypatch):
    values = after(values, tab._choose(values | {tab.style_picker.blend: True}, press(1)))
    coffee, cat = values[tab.state].style_mix.styles
    alone = [
        tab._choose(values | {tab.style_picker.blend: False}, press(index))[tab.state]
        .parts[0]
        .picture
        for index in (0, 1)
    ]
    mask_drawing = np.full((96, 128, 3), 255, np.uint8)
    mask_drawing[:, :64] = 0
    values |= {tab.masks.meaning: EACH, tab.masks.drawing: {cat.key: drawing(mask_drawing)}}
    shown = tab._change(values)
    session = shown[tab.state]
    painted = session.shown(tab.form.read(values).settings)
    width = painted.shape[1]
    np.testing.assert_array_equal(painted[:, : width // 3], alone[1][:, : width // 3])
    np.testing.assert_array_equal(painted[:, -width // 3 :], alone[0][:, -width // 3 :])
    assert "each in its place" in shown[tab.compare_slider]["caption"]
    assert shown[tab.masks.pens].count("<button") == 2
    monkeypatch.setattr(tab.stylizer, "paint", None)  # More of the same asks no network.
    mask_drawing[:, :90] = 0
    more = {coffee.key: drawing(255 - mask_drawing), cat.key: drawing(mask_drawing)}
    assert tab._change(values | {tab.state: session, tab.masks.drawing: more})[tab.painted]


def test_a_surprise_is_one_to_three_styles_and_can_be_restored(tab, values, tmp_path):
    values = after(values, tab._surprise(values))
    assert 1 <= len(values[tab.state].style_mix.styles) <= 3
    *_, last = tab.save.save_png(values)
    saved = Path(last[tab.save.link]["value"])
    assert saved.suffix == ".png"
    fresh = {part: part.value for part in tab.inputs}
    shown = restore(tab, fresh, file_data(saved))
    again, first = shown[tab.state], values[tab.state]
    np.testing.assert_allclose(again.style_mix.vector, first.style_mix.vector, atol=1e-5)
    assert shown[tab.form.strength]["values"] == values[tab.form.strength]["values"]


def test_the_mixer_paints_a_draft_while_it_is_dragged(tab, values):
    mixer = tab.style_picker.mixer
    moving = {"values": [0, 100, 0, 50, 0], "settled": False}
    shown = tab._mix(values | {mixer: moving})
    assert shown[tab.state].parts is values[tab.state].parts
    assert tab.painted not in shown
    assert mixer not in shown
    values = after(values, shown)
    shown = tab._mix(values | {mixer: moving | {"settled": True}})
    assert "67\N{NO-BREAK SPACE}% Cubism" in shown[tab.compare_slider]["caption"]
    assert shown[tab.painted]


def test_a_mixer_at_zero_is_refused(tab, values):
    shown = tab._mix(values | {tab.style_picker.mixer: {"values": [0] * 5}})
    assert "nothing to paint with" in shown[tab.notice]
    assert set(shown) == {tab.notice}


def test_pressing_a_movement_sets_the_mixer(tab, values):
    shown = tab._choose(values, press(3))
    assert shown[tab.style_picker.mixer]["values"] == [0, 100, 0, 0, 0]


def test_colours_and_masks_run_no_network(tab, values, monkeypatch):
    mask_drawing = np.full((96, 96, 3), 255, np.uint8)
    mask_drawing[:, :48] = (0, 40, 255)
    monkeypatch.setattr(tab.stylizer, "paint", None)
    form = tab.form
    drawn = {tab.masks.drawing: {"": drawing(mask_drawing)}}
    shown = tab._change(values | {form.colours: "photograph"} | drawn)
    assert shown[tab.state].parts is values[tab.state].parts
    settings = [
        form.read(values | drawn | {tab.masks.meaning: meaning}).settings
        for meaning in ("", EXCEPT)
    ]
    photograph = values[tab.state].photograph()
    left, right = (values[tab.state].shown(each) for each in settings)
    width = photograph.shape[1]
    np.testing.assert_array_equal(left[:, width // 2 + 4 :], photograph[:, width // 2 + 4 :])
    np.testing.assert_array_equal(right[:, : width // 2 - 4], photograph[:, : width // 2 - 4])
    assert (left[:, 10:20] != photograph[:, 10:20]).any()


@pytest.mark.parametrize("part", ["strength", "stroke_size", "colours"])
def test_invalid_values_of_the_form_are_refused_in_a_sentence(tab, values, part):
    for odd in (getattr(tab.form, part), tab.masks.drawing):
        assert "reload" in tab._change(values | {odd: "nonsense"})[tab.notice]


def test_uploaded_styles_are_kept_and_change_their_size(tab, values, file):
    shown = tab._upload_styles(
        values | {tab.style_picker.upload: [file_data(file, "mine.png")] * 2}
    )
    session = shown[tab.state]
    assert [style.title for style in session.uploaded_styles] == ["mine.png"] * 2
    assert session.style_mix.styles == (session.uploaded_styles[1],)
    count = len(tab.style_picker.styles)
    assert shown[tab.style_picker.uploaded]["pressed"] == [count + 1]
    values = after(values, shown)
    larger = tab._resize(values | {tab.form.style_size: {"values": [2]}})[tab.state]
    assert (larger.style_mix.vector != session.style_mix.vector).any()
    assert larger.style_mix.styles == (larger.uploaded_styles[1],)
    assert [style.key for style in larger.uploaded_styles] == [
        style.key for style in session.uploaded_styles
    ]
    chosen = tab._choose(values, press(count))
    assert chosen[tab.style_picker.uploaded]["pressed"] == [count]


def test_of_a_style_with_several_pages_the_first_is_used(tab, values, tmp_path):
    page = Image.new("RGB", (40, 30))
    page.save(tmp_path / "scan.tif", save_all=True, append_images=[page])
    shown = tab._upload_styles(
        values | {tab.style_picker.upload: [file_data(tmp_path / "scan.tif")]}
    )
    assert "the first one was taken" in shown[tab.notice]


def test_only_the_newest_uploaded_styles_are_kept(tab, values, file):
    shown = tab._upload_styles(values | {tab.style_picker.upload: [file_data(file)] * 10})
    assert len(shown[tab.state].uploaded_styles) == 8


def test_an_expired_session_asks_for_the_picture_again(tab, values):
    values |= {tab.token: "another"}
    for shown in (tab._choose(values, press(0)), tab._change(values), *tab.save.save_png(values)):
        (notice,) = shown.values()
        assert SESSION_EXPIRED in notice
    assert tab._read_painting(values)[tab.before_after.view] == gr.skip()


def test_the_painting_is_read_again_but_the_curve_is_kept(tab, values, monkeypatch):
    first = tab._read_painting(values)
    assert "<svg" in first[tab.before_after.view]
    monkeypatch.setattr(type(tab.bundle), "curve", None)
    again = tab._read_painting(values | {tab.form.colours: "photograph"})
    assert again[tab.before_after.curve] is values[tab.before_after.curve]


def test_the_curve_depends_on_the_stroke_size(tab, values):
    updates = tab._read_painting(
        values | {tab.form.stroke_size: slider_positions(STROKE_SIZE, [2])}
    )
    curve, before = updates[tab.before_after.curve], values[tab.before_after.curve]
    assert curve.stroke_size == 2
    assert (curve.probabilities != before.probabilities).any()


def test_the_webcam_is_painted_and_its_rate_is_shown(tab, values):
    webcam = tab.webcam
    frame = {"url": drawing(np.full((60, 80, 3), 99, np.uint8))}
    values |= {webcam.camera: frame, webcam.rate: (0.0, 0.0)}
    shown = webcam._paint(values)
    shown = webcam._paint(values | {webcam.rate: shown[webcam.rate]})
    assert "pictures a second, 80 &times; 60 pixels" in shown[webcam.notice]
    for nonsense in (None, {"url": "file:///etc/passwd"}, {"path": "/etc/passwd"}):
        assert set(webcam._paint(values | {webcam.camera: nonsense})) == {webcam.notice}


def test_an_unexpected_error_is_shown_without_details_and_logged(tab, values, monkeypatch, caplog):
    monkeypatch.setattr(tab.form, "read", lambda values: 1 / 0)
    with pytest.raises(gr.Error, match="our side"):
        tab._change(values)
    with pytest.raises(gr.Error, match="our side"):
        list(tab.save.save_png(values))
    assert "ZeroDivisionError" in caplog.text


def test_the_thinnest_pictures_can_be_painted(tab, values, tmp_path):
    for width, height in ((1, 1), (1, 700), (700, 1)):
        path = tmp_path / "thin.png"
        Image.new("RGB", (width, height)).save(path)
        assert tab.state in upload(tab, values, file_data(path))


def test_a_new_picture_clears_the_mask(tab, values, file):
    values |= {tab.masks.drawing: {"": drawing(np.zeros((50, 50, 3), np.uint8))}}
    shown = upload(tab, values, file_data(file))
    assert shown[tab.masks.drawing] == {}
    assert not shown[tab.state].results[-1].form[tab.masks.drawing]


def test_a_picture_of_another_tab_becomes_a_style(tab, values, painting):
    shown = tab.use_as_style(values, "from the Read tab", painting)
    assert shown[tab.state].style_mix.description() == "from the Read tab"
    assert "picture" in shown[tab.compare_slider]  # It was perhaps never in sight.


def test_a_session_is_never_copied(tab, values):
    import copy

    assert copy.deepcopy(values[tab.state]) is values[tab.state]
    assert replace(values[tab.state]).token == values[tab.state].token
