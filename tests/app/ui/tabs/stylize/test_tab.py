"""The room's handlers, called as Gradio calls them, with random networks that paint."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.ui.context import SESSION_EXPIRED
from app.ui.tabs.stylize.comparison import shown_result
from app.ui.tabs.stylize.form import STROKES
from app.ui.tabs.stylize.masking import EACH, EXCEPT
from app.ui.tabs.stylize.style_mix import Style, StyleMix
from app.ui.tabs.stylize.style_picker import weight_rows
from app.ui.tabs.stylize.widgets import slider_positions
from tests.app.ui.tabs.stylize.stylize_tab import after, bring, drawing, press, restore, upload


def test_an_upload_is_painted_with_the_brush_in_the_hand(tab, said, file):
    shown = bring(tab, said, upload(file))
    session = shown[tab.state]
    assert session.uploaded.title == "holiday.png"
    assert session.style_mix is said[tab.state].style_mix
    assert shown[tab.token] == session.token != said[tab.token]
    assert shown[tab.compare_slider]["ratio"] == 1.5
    assert "holiday.png" in shown[tab.compare_slider]["caption"]
    assert set(shown) <= {*tab.results, *tab.style_picker.previews.outputs}


def test_a_bad_upload_says_why_and_touches_nothing_else(tab, said, tmp_path, file):
    (tmp_path / "bad.png").write_text("no picture")
    for bad in (upload(tmp_path / "bad.png"), {"path": str(file)}):
        shown = bring(tab, said, bad)
        assert set(shown) == {tab.notice}
        assert 'role="alert"' in shown[tab.notice]


def test_a_visitor_s_file_name_is_no_html(tab, said, file):
    name = "<img src=x onerror=alert(1)>.png"
    shown = bring(tab, said, upload(file, name))
    assert "<img" not in "".join(
        shown[tab.compare_slider][key] for key in ("caption", "alt", "legend")
    )


def test_a_style_that_is_pressed_is_the_brush(tab, said):
    shown = tab._choose(said, press(1))
    assert shown[tab.state].style_mix.words() == "the-cat"
    assert shown[tab.style_picker.paintings] == {"pressed": [1]}
    assert shown[tab.ready]
    assert "picture" not in shown[tab.compare_slider]
    assert "by Ann, 1900" in shown[tab.compare_slider]["caption"]


def test_presses_during_work_are_all_blended_or_the_last_one_wins(tab, said):
    several = SimpleNamespace(index=4, value=[1, 3, 4])
    shown = tab._choose(said | {tab.style_picker.blend: True}, several)
    assert shown[tab.style_picker.paintings] == {"pressed": [0, 1, 3, 4]}
    assert tab._choose(said, several)[tab.style_picker.paintings] == {"pressed": [4]}
    told_before = SimpleNamespace(index=4, value=[])
    assert tab._choose(said, told_before) == {tab.notice: gr.skip()}


def test_a_press_while_a_picture_is_on_its_way_is_for_that_picture(tab, said, file):
    arrived = bring(tab, said, upload(file))[tab.state]
    shown = tab._choose(said | {tab.state: arrived}, press(1))  # With the token before.
    assert shown[tab.state].uploaded.title == "holiday.png"
    assert shown[tab.state].style_mix.words() == "the-cat"


def test_picture_and_style_are_taken_over_from_the_slow_tab(tab, said, painting):
    uploaded = tab.context.receive("cat.png", painting)
    own = Style("mine.png", tab.stylizer.encode(painting), picture=painting)
    known = Style("the-cat", tab.style_picker.styles[1].vector, preset="the-cat")
    for _ in range(2):  # Nothing comes twice.
        shown = tab.receive(said, uploaded, StyleMix((own, known), (40, 80)))
        session = shown[tab.state]
        assert session.uploaded is uploaded
        assert [style.title for style in session.uploaded_styles] == ["mine.png"]
        assert session.style_mix.styles == (session.uploaded_styles[0], tab.style_picker.styles[1])
        assert session.style_mix.weights == (40, 80)
        assert shown[tab.style_picker.tabs] == gr.update(selected="paintings")
        assert shown[tab.style_picker.blend] is True
        assert shown[tab.image_input.token_store] == uploaded.token
        said = said | {tab.state: session, tab.token: session.token}


def test_blending_adds_and_shows_a_slider_for_each(tab, said):
    shown = tab._choose(said | {tab.style_picker.blend: True}, press(1))
    assert len(shown[tab.state].style_mix.styles) == 2
    assert shown[tab.style_picker.weights]["visible"] is True
    said = after(tab, said, shown) | {tab.style_picker.blend: True}
    weights = shown[tab.style_picker.weights]["value"] | {"values": [20, 60]}
    shown = tab._weigh(said | {tab.style_picker.weights: weights})
    assert shown[tab.state].style_mix.weights == (20, 60)
    assert tab.style_picker.weights not in shown  # or it would jump under the finger
    assert "75\N{NO-BREAK SPACE}% the-cat" in shown[tab.compare_slider]["caption"]


def test_unticking_blend_leaves_the_weightiest_style(tab, said):
    shown = tab._choose(said | {tab.style_picker.blend: True}, press(1))
    assert shown[tab.style_picker.blend] is True
    said = after(tab, said, shown)
    weights = slider_positions(weight_rows(said[tab.state].style_mix), [20, 60], shares=True)
    said = after(tab, said, tab._weigh(said | {tab.style_picker.weights: weights}))
    shown = tab._unblend(said | {tab.style_picker.blend: False})
    assert shown[tab.state].style_mix.words() == "the-cat"
    assert shown[tab.style_picker.weights]["visible"] is False
    assert set(tab._unblend(said | {tab.style_picker.blend: True})) == {tab.notice}


def test_each_style_is_painted_where_it_was_drawn(tab, said, monkeypatch):
    said = after(tab, said, tab._choose(said | {tab.style_picker.blend: True}, press(1)))
    coffee, cat = said[tab.state].style_mix.styles
    alone = [
        tab._choose(said | {tab.style_picker.blend: False}, press(index))[tab.state]
        .parts[0]
        .picture
        for index in (0, 1)
    ]
    sheet = np.full((96, 128, 3), 255, np.uint8)
    sheet[:, :64] = 0
    said |= {tab.masks.side: EACH, tab.masks.sheet: {cat.key: drawing(sheet)}}
    shown = tab._change(said)
    session = shown[tab.state]
    painted = shown_result(session, tab.form.settings(said))
    width = painted.shape[1]
    np.testing.assert_array_equal(painted[:, : width // 3], alone[1][:, : width // 3])
    np.testing.assert_array_equal(painted[:, -width // 3 :], alone[0][:, -width // 3 :])
    assert "each in its place" in shown[tab.compare_slider]["caption"]
    assert shown[tab.masks.pens].count("<button") == 2
    monkeypatch.setattr(tab.stylizer, "paint", None)  # More of the same asks no network.
    sheet[:, :90] = 0
    more = {coffee.key: drawing(255 - sheet), cat.key: drawing(sheet)}
    assert tab._change(said | {tab.state: session, tab.masks.sheet: more})[tab.ready]


def test_a_surprise_is_one_to_three_styles_and_comes_back_by_its_receipt(tab, said, tmp_path):
    said = after(tab, said, tab._surprise(said))
    assert 1 <= len(said[tab.state].style_mix.styles) <= 3
    *_, last = tab.save._save(said)
    home = Path(last[tab.save.link]["value"])
    assert home.suffix == ".png"
    fresh = {part: part.value for part in tab.inputs}
    shown = restore(tab, fresh, upload(home))
    again, first = shown[tab.state], said[tab.state]
    np.testing.assert_allclose(again.style_mix.vector, first.style_mix.vector, atol=1e-5)
    assert shown[tab.form.strength]["values"] == said[tab.form.strength]["values"]


def test_the_mixer_paints_small_while_it_is_dragged_and_large_after(tab, said):
    mixer = tab.style_picker.mixer
    moving = {"values": [0, 100, 0, 50, 0], "settled": False}
    shown = tab._mix(said | {mixer: moving})
    assert shown[tab.state].parts is said[tab.state].parts
    assert tab.ready not in shown
    assert mixer not in shown
    said = after(tab, said, shown)
    shown = tab._mix(said | {mixer: moving | {"settled": True}})
    assert "67\N{NO-BREAK SPACE}% Cubism" in shown[tab.compare_slider]["caption"]
    assert shown[tab.ready]


def test_a_mixer_at_zero_asks_for_a_movement(tab, said):
    shown = tab._mix(said | {tab.style_picker.mixer: {"values": [0] * 5}})
    assert "nothing to paint with" in shown[tab.notice]
    assert set(shown) == {tab.notice}


def test_pressing_a_movement_moves_the_mixer(tab, said):
    shown = tab._choose(said, press(3))
    assert shown[tab.style_picker.mixer]["values"] == [0, 100, 0, 0, 0]


def test_colours_and_mask_ask_no_network(tab, said, monkeypatch):
    sheet = np.full((96, 96, 3), 255, np.uint8)
    sheet[:, :48] = (0, 40, 255)
    monkeypatch.setattr(tab.stylizer, "paint", None)
    form = tab.form
    drawn = {tab.masks.sheet: {"": drawing(sheet)}}
    shown = tab._change(said | {form.colours: "photograph"} | drawn)
    assert shown[tab.state].parts is said[tab.state].parts
    wishes = [form.settings(said | drawn | {tab.masks.side: side}) for side in ("", EXCEPT)]
    photograph = said[tab.state].photograph()
    left, right = (shown_result(said[tab.state], settings) for settings in wishes)
    width = photograph.shape[1]
    np.testing.assert_array_equal(left[:, width // 2 + 4 :], photograph[:, width // 2 + 4 :])
    np.testing.assert_array_equal(right[:, : width // 2 - 4], photograph[:, : width // 2 - 4])
    assert (left[:, 10:20] != photograph[:, 10:20]).any()


@pytest.mark.parametrize("part", ["strength", "strokes", "colours"])
def test_a_form_that_says_nonsense_is_answered_with_a_sentence(tab, said, part):
    for odd in (getattr(tab.form, part), tab.masks.sheet):
        assert "reload" in tab._change(said | {odd: "nonsense"})[tab.notice]


def test_styles_of_one_s_own_are_kept_and_change_their_size(tab, said, file):
    shown = tab._bring_styles(said | {tab.style_picker.bring: [upload(file, "mine.png")] * 2})
    session = shown[tab.state]
    assert [uploaded_style.title for uploaded_style in session.uploaded_styles] == ["mine.png"] * 2
    assert session.style_mix.styles == (session.uploaded_styles[1],)
    assert shown[tab.style_picker.uploaded_styles]["pressed"] == [1]
    said = after(tab, said, shown)
    larger = tab._resize(said | {tab.form.size: {"values": [2]}})[tab.state]
    assert (larger.style_mix.vector != session.style_mix.vector).any()
    assert larger.style_mix.styles == (larger.uploaded_styles[1],)
    assert [uploaded_style.key for uploaded_style in larger.uploaded_styles] == [
        uploaded_style.key for uploaded_style in session.uploaded_styles
    ]
    assert tab._choose_guest(said, press(0))[tab.style_picker.uploaded_styles]["pressed"] == [0]


def test_of_a_style_with_several_pages_the_first_is_taken_and_that_is_said(tab, said, tmp_path):
    page = Image.new("RGB", (40, 30))
    page.save(tmp_path / "scan.tif", save_all=True, append_images=[page])
    shown = tab._bring_styles(said | {tab.style_picker.bring: [upload(tmp_path / "scan.tif")]})
    assert "the first one was taken" in shown[tab.notice]


def test_only_the_newest_guests_stay(tab, said, file):
    shown = tab._bring_styles(said | {tab.style_picker.bring: [upload(file)] * 10})
    assert len(shown[tab.state].uploaded_styles) == 8


def test_a_picture_that_was_put_away_is_asked_for_again(tab, said):
    said |= {tab.token: "another"}
    for shown in (tab._choose(said, press(0)), tab._change(said), *tab.save._save(said)):
        (notice,) = shown.values()
        assert SESSION_EXPIRED in notice
    assert tab.before_after._look(said)[tab.before_after.view] == gr.skip()


def test_the_loop_reads_anew_but_keeps_its_curve(tab, said, monkeypatch):
    first = tab.before_after._look(said)
    assert "<svg" in first[tab.before_after.view]
    monkeypatch.setattr(type(tab.bundle), "curve", None)
    again = tab.before_after._look(said | {tab.form.colours: "photograph"})
    assert again[tab.before_after.curve] is said[tab.before_after.curve]


def test_the_curve_is_that_of_the_strokes(tab, said):
    look = tab.before_after._look(said | {tab.form.strokes: slider_positions(STROKES, [2])})
    curve, before = look[tab.before_after.curve], said[tab.before_after.curve]
    assert curve.stroke_size == 2
    assert (curve.probabilities != before.probabilities).any()


def test_the_camera_is_painted_with_its_rate(tab, said):
    live = tab.more["Live from your camera"]
    frame = {"url": drawing(np.full((60, 80, 3), 99, np.uint8))}
    said |= {live.camera: frame, live.pace: (0.0, 0.0)}
    shown = live._paint(said)
    shown = live._paint(said | {live.pace: shown[live.pace]})
    assert "pictures a second, 80 &times; 60 pixels" in shown[live.notice]
    for nonsense in (None, {"url": "file:///etc/passwd"}, {"path": "/etc/passwd"}):
        assert set(live._paint(said | {live.camera: nonsense})) == {live.notice}


def test_a_bug_is_admitted_and_logged(tab, said, monkeypatch, caplog):
    monkeypatch.setattr(tab.form, "settings", lambda said: 1 / 0)
    with pytest.raises(gr.Error, match="our side"):
        tab._change(said)
    with pytest.raises(gr.Error, match="our side"):
        list(tab.save._save(said))
    assert "ZeroDivisionError" in caplog.text


def test_the_thinnest_pictures_can_be_painted(tab, said, tmp_path):
    for width, height in ((1, 1), (1, 700), (700, 1)):
        path = tmp_path / "thin.png"
        Image.new("RGB", (width, height)).save(path)
        assert tab.state in bring(tab, said, upload(path))


def test_a_new_picture_wipes_the_mask(tab, said, file):
    said |= {tab.masks.sheet: {"": drawing(np.zeros((50, 50, 3), np.uint8))}}
    shown = bring(tab, said, upload(file))
    assert shown[tab.masks.sheet] == {}
    assert not shown[tab.state].results[-1].form[tab.masks.sheet]


def test_a_picture_of_another_room_becomes_a_brush(tab, said, painting):
    shown = tab.paint_with(said, "from the Read room", painting)
    assert shown[tab.state].style_mix.words() == "from the Read room"
    assert "picture" in shown[tab.compare_slider]  # the easel was perhaps never in sight


def test_nothing_of_a_sitting_is_ever_copied(tab, said):
    import copy

    assert copy.deepcopy(said[tab.state]) is said[tab.state]
    assert replace(said[tab.state]).token == said[tab.state].token
