"""The room's handlers, called as Gradio calls them, with random networks that paint."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.receipt import Receipt, StyleShare, encode_with_receipt, read_receipt
from app.serving.resolution import NATIVE
from app.settings import Settings
from app.ui.house import ASLEEP, House
from app.ui.notice import Said
from app.ui.paint.easel import as_painted
from app.ui.paint.form import EXCEPT, STRENGTH, STROKES
from app.ui.paint.sitting import Wish
from app.ui.paint.tab import PaintTab
from app.ui.paint.widgets import stand
from tests.app.ui.paint.test_widgets import drawing
from training.preprocessing import fit

MARK = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def tab(classifier, studio) -> PaintTab:
    with gr.Blocks():
        return PaintTab(House(classifier, Settings(), studio))


@pytest.fixture
def said(tab: PaintTab) -> dict[Any, Any]:
    """What the page says when it opens."""
    return {part: part.value for part in tab.inputs} | {tab.loop.curve: tab.loop.curve.value}


def press(index: int) -> Any:
    return SimpleNamespace(index=index, value=None)


def upload(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": MARK}


@pytest.fixture
def file(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def after(tab: PaintTab, said: dict[Any, Any], shown: dict[Any, Any]) -> dict[Any, Any]:
    """What the page says once it shows an answer."""
    values = {part: v["value"] if isinstance(v, dict) and "value" in v else v
              for part, v in shown.items()}  # fmt: skip
    return said | {part: value for part, value in values.items() if part in said}


def bring(tab: PaintTab, said: Said, sent: dict[str, Any]) -> Said:
    return tab.bringing._bring(said | {tab.bringing.door: sent})


def test_an_upload_is_painted_with_the_brush_in_the_hand(tab, said, file):
    shown = bring(tab, said, upload(file))
    sitting = shown[tab.state]
    assert sitting.visit.title == "holiday.png"
    assert sitting.brush is said[tab.state].brush
    assert shown[tab.token] == sitting.token != said[tab.token]
    assert shown[tab.easel]["ratio"] == 1.5
    assert "holiday.png" in shown[tab.easel]["caption"]
    assert set(shown) <= {*tab.results, *tab.palette.previews.outputs}


def test_a_bad_upload_says_why_and_touches_nothing_else(tab, said, tmp_path, file):
    (tmp_path / "bad.png").write_text("no picture")
    for bad in (upload(tmp_path / "bad.png"), {"path": str(file)}):
        shown = bring(tab, said, bad)
        assert set(shown) == {tab.notice}
        assert 'role="alert"' in shown[tab.notice]


def test_a_visitor_s_file_name_is_no_html(tab, said, file):
    name = "<img src=x onerror=alert(1)>.png"
    shown = bring(tab, said, upload(file, name))
    assert "<img" not in "".join(shown[tab.easel][key] for key in ("caption", "alt", "legend"))


def test_a_style_that_is_pressed_is_the_brush(tab, said):
    shown = tab._choose(said, press(1))
    assert shown[tab.state].brush.words() == "the-cat"
    assert shown[tab.palette.paintings] == {"pressed": [1]}
    assert shown[tab.ready]
    assert "picture" not in shown[tab.easel]
    assert "by Ann, 1900" in shown[tab.easel]["caption"]


def test_blending_adds_and_shows_a_slider_for_each(tab, said):
    shown = tab._choose(said | {tab.palette.blend: True}, press(1))
    assert len(shown[tab.state].brush.styles) == 2
    assert shown[tab.palette.weights]["visible"] is True
    said = after(tab, said, shown) | {tab.palette.blend: True}
    weights = shown[tab.palette.weights]["value"] | {"values": [20, 60]}
    shown = tab._weigh(said | {tab.palette.weights: weights})
    assert shown[tab.state].brush.weights == (20, 60)
    assert tab.palette.weights not in shown  # or it would jump under the finger


def test_the_mixer_paints_small_while_it_is_dragged_and_large_after(tab, said):
    mixer = tab.palette.mixer
    moving = {"values": [0, 100, 0, 50, 0], "settled": False}
    shown = tab._mix(said | {mixer: moving})
    assert shown[tab.state].painting is said[tab.state].painting
    assert tab.ready not in shown
    assert mixer not in shown
    said = after(tab, said, shown)
    shown = tab._mix(said | {mixer: moving | {"settled": True}})
    assert "67\N{NO-BREAK SPACE}% Cubism" in shown[tab.easel]["caption"]
    assert shown[tab.ready]


def test_a_mixer_at_zero_asks_for_a_movement(tab, said):
    shown = tab._mix(said | {tab.palette.mixer: {"values": [0] * 5}})
    assert "nothing to paint with" in shown[tab.notice]
    assert set(shown) == {tab.notice}


def test_pressing_a_movement_moves_the_mixer(tab, said):
    shown = tab._choose(said, press(3))
    assert shown[tab.palette.mixer]["values"] == [0, 100, 0, 0, 0]


def test_colours_and_mask_ask_no_network(tab, said, monkeypatch):
    sheet = np.full((96, 96, 3), 255, np.uint8)
    sheet[:, :48] = (0, 40, 255)
    monkeypatch.setattr(tab.stylizer, "paint", None)
    form = tab.form
    shown = tab._change(said | {form.colours: "photograph", form.mask: drawing(sheet)})
    assert shown[tab.state] is said[tab.state]
    wishes = [form.wish(said | {form.mask: drawing(sheet), form.side: side})
              for side in ("", EXCEPT)]  # fmt: skip
    photograph = said[tab.state].photograph()
    left, right = (as_painted(said[tab.state], wish) for wish in wishes)
    width = photograph.shape[1]
    np.testing.assert_array_equal(left[:, width // 2 + 4 :], photograph[:, width // 2 + 4 :])
    np.testing.assert_array_equal(right[:, : width // 2 - 4], photograph[:, : width // 2 - 4])
    assert (left[:, 10:20] != photograph[:, 10:20]).any()


@pytest.mark.parametrize("part", ["strength", "strokes", "colours", "mask"])
def test_a_form_that_says_nonsense_is_answered_with_a_sentence(tab, said, part):
    shown = tab._change(said | {getattr(tab.form, part): "nonsense"})
    assert "reload" in shown[tab.notice]


def test_styles_of_one_s_own_are_kept_and_change_their_size(tab, said, file):
    shown = tab._bring_styles(said | {tab.palette.bring: [upload(file, "mine.png")] * 2})
    sitting = shown[tab.state]
    assert [guest.title for guest in sitting.guests] == ["mine.png"] * 2
    assert sitting.brush.styles == (sitting.guests[1],)
    assert shown[tab.palette.guests]["pressed"] == [1]
    said = after(tab, said, shown)
    larger = tab._resize(said | {tab.form.size: {"values": [2]}})[tab.state]
    assert (larger.brush.vector != sitting.brush.vector).any()
    assert larger.brush.styles == (larger.guests[1],)
    assert tab._choose_guest(said, press(0))[tab.palette.guests]["pressed"] == [0]


def test_only_the_newest_guests_stay(tab, said, file):
    shown = tab._bring_styles(said | {tab.palette.bring: [upload(file)] * 10})
    assert len(shown[tab.state].guests) == 8


def test_a_picture_that_was_put_away_is_asked_for_again(tab, said):
    said |= {tab.token: "another"}
    for shown in (tab._choose(said, press(0)), tab._change(said), *tab.save._save(said)):
        (notice,) = shown.values()
        assert ASLEEP in notice
    assert tab.loop._look(said)[tab.loop.view] == gr.skip()


def test_the_loop_reads_anew_but_keeps_its_curve(tab, said, monkeypatch):
    first = tab.loop._look(said)
    assert "<svg" in first[tab.loop.view]
    monkeypatch.setattr(type(tab.studio), "curve", None)
    again = tab.loop._look(said | {tab.form.colours: "photograph"})
    assert again[tab.loop.curve] is said[tab.loop.curve]


def test_the_full_size_is_the_picture_s_own_and_has_a_receipt(tab, said, tmp_path):
    large = np.random.default_rng(0).integers(0, 255, (300, 1500, 3), np.uint8)
    Image.fromarray(large).save(tmp_path / "wide.png")
    said = after(tab, said, bring(tab, said, upload(tmp_path / "wide.png")))
    *_, last = tab.save._save(said | {tab.form.strength: stand(STRENGTH, [50])})
    path = last[tab.save.link]["value"]
    with Image.open(path) as image:
        assert image.size == (1500, 300)
    receipt = read_receipt(path)
    assert receipt is not None
    assert receipt.settings["strength"] == 0.5
    assert receipt.styles[0].preset == said[tab.state].brush.styles[0].preset


@pytest.fixture
def wide(tab, said, painting, tmp_path) -> dict[Any, Any]:
    """What the page says once a picture of 1800 x 1200 pixels was brought."""
    large = cv2.resize(painting, (1800, 1200), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(large).save(tmp_path / "wide.png")
    return after(tab, said, bring(tab, said, upload(tmp_path / "wide.png")))


@pytest.mark.parametrize("stroke_size", [0.6, 1, 2])
def test_the_download_is_the_preview(tab, wide, stroke_size):
    said = wide | {tab.form.strokes: stand(STROKES, [stroke_size])}
    said = after(tab, said, tab._change(said))
    *_, last = tab.save._save(said)
    path = last[tab.save.link]["value"]
    preview = as_painted(said[tab.state], tab.form.wish(said)).astype(int)
    with Image.open(path) as image:
        assert image.size == (1800, 1200)
        saved = fit(np.asarray(image), 1024)
    assert np.abs(saved - preview).mean() < 4  # Random networks paint much that is fine.
    receipt = read_receipt(path)
    assert receipt is not None
    assert receipt.settings["stroke size"] == stroke_size


def test_the_download_of_what_is_shown_asks_no_network(tab, wide, monkeypatch):
    monkeypatch.setattr(tab.stylizer, "run", None)
    *_, last = tab.save._save(wide)
    assert "1800 &times; 1200 pixels" in last[tab.save.notice]


def legend(tab, said, **form):
    said = said | {getattr(tab.form, part): value for part, value in form.items()}
    return tab._change(said)[tab.easel]["legend"]


def test_the_painted_size_is_said_before_saving(tab, said, wide):
    width, height = said[tab.state].visit.size
    assert f"Painted and saved at {width} &times; {height} pixels" in legend(tab, said)
    assert "Painted at 768 &times; 512 pixels, brought to 1800 &times; 1200 with the" in legend(
        tab, wide
    )
    assert "at 384 &times; 256 pixels, brought" in legend(tab, wide, strokes=stand(STROKES, [2]))
    assert "at 1536 &times; 1024 pixels, brought" in legend(
        tab, wide, strokes=stand(STROKES, [0.5])
    )
    assert "saved, it is painted at 1800 &times; 1200, with finer" in legend(tab, wide, native=True)
    moving = stand(STROKES, [2]) | {"settled": False}
    assert "A draft, painted at 256 &times; 170" in legend(tab, wide, strokes=moving)


def test_a_file_can_be_painted_at_its_own_resolution(tab, wide):
    *_, last = tab.save._save(wide | {tab.form.native: True})
    path = last[tab.save.link]["value"]
    with Image.open(path) as image:
        saved = np.asarray(image)
    sitting = wide[tab.state]
    vector, original = sitting.brush.vector, sitting.visit.original()
    alone = tab.stylizer.paint(original, vector, stroke_size=NATIVE).picture
    np.testing.assert_array_equal(saved, alone)
    receipt = read_receipt(path)
    assert receipt is not None
    assert receipt.settings["stroke size"] == NATIVE


def test_the_curve_is_that_of_the_strokes(tab, said):
    look = tab.loop._look(said | {tab.form.strokes: stand(STROKES, [2])})
    curve, before = look[tab.loop.curve], said[tab.loop.curve]
    assert curve.stroke_size == 2
    assert (curve.probabilities != before.probabilities).any()


@pytest.mark.parametrize(
    ("written", "slider", "native"),
    [(1.5, 1.5, False), (NATIVE, 1, True), (None, 1, False), (7, 1, False), (False, 1, False)],
)
def test_a_receipt_sets_the_stroke_size(tab, said, tmp_path, written, slider, native):
    settings = {} if written is None else {"stroke size": written}
    receipt = Receipt((StyleShare("the-cat", 1, "the-cat"),), settings)
    png = encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt)
    (tmp_path / "painted.png").write_bytes(png)
    shown = bring(tab, said, upload(tmp_path / "painted.png"))
    assert shown[tab.form.strokes]["values"] == [slider]
    assert shown[tab.form.native] is native


def test_a_file_that_is_gone_is_asked_for_again(tab, said, file):
    said = after(tab, said, bring(tab, said, upload(file)))
    file.unlink()
    *_, last = tab.save._save(said)
    assert "could not be opened" in last[tab.save.notice]


def test_a_receipt_sets_the_form(tab, said, tmp_path):
    receipt = Receipt(
        (StyleShare("the-cat", 3, "the-cat"), StyleShare("my own", 1), StyleShare("x", 1, "gone")),
        {"strength": 0.25, "colours": "palette", "style size": 99, "mask": True},
    )
    png = encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt)
    (tmp_path / "painted.png").write_bytes(png)
    shown = bring(tab, said, upload(tmp_path / "painted.png"))
    assert shown[tab.state].visit is said[tab.state].visit
    assert shown[tab.state].brush.words() == "the-cat"
    assert shown[tab.form.strength]["values"] == [25]
    assert shown[tab.form.colours] == "palette"
    assert shown[tab.form.size]["values"] == [Wish().size]
    assert all(word in shown[tab.notice] for word in ("my own", "x", "mask"))


def test_titles_in_a_receipt_are_no_html(tab, said, tmp_path):
    receipt = Receipt((StyleShare("<img src=x>", 1),))
    (tmp_path / "p.png").write_bytes(encode_with_receipt(np.zeros((8, 8, 3), np.uint8), receipt))
    assert "<img" not in bring(tab, said, upload(tmp_path / "p.png"))[tab.notice]


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
    monkeypatch.setattr(tab.form, "wish", lambda said: 1 / 0)
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
    said |= {tab.form.mask: drawing(cv2.resize(np.zeros((2, 2, 3), np.uint8), (50, 50)))}
    assert bring(tab, said, upload(file))[tab.form.mask] == ""


def test_a_picture_of_another_room_becomes_a_brush(tab, said, painting):
    shown = tab.paint_with(said, "from the Read room", painting)
    assert shown[tab.state].brush.words() == "from the Read room"
    assert "picture" in shown[tab.easel]  # the easel was perhaps never in sight


def test_nothing_of_a_sitting_is_ever_copied(tab, said):
    import copy

    assert copy.deepcopy(said[tab.state]) is said[tab.state]
    assert replace(said[tab.state]).token == said[tab.state].token
