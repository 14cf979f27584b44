"""The tab's handlers, called as Gradio calls them, with a stand-in for the network."""

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture
from app.ui.tabs.read.tab import ReadTab

MARK = {"_type": "gradio.FileData"}


class StandIn:
    """Says the same of every picture."""

    def __init__(self, reading: Any) -> None:
        self.reading = reading
        score = {"precision": 0.75, "recall": 0.5}
        test = {"per_movement": dict.fromkeys(reading.movements, score)}
        self.metadata = SimpleNamespace(metrics={"splits": {"test": test}})

    def read(self, picture: np.ndarray) -> Any:
        return self.reading


@pytest.fixture(scope="module")
def tab(make_reading) -> ReadTab:
    with gr.Blocks():
        return ReadTab(AppContext(StandIn(make_reading()), Settings(), None))


@pytest.fixture
def uploaded(tab: ReadTab, painting: np.ndarray) -> UploadedPicture:
    return tab.context.receive("my painting.jpg", painting)


def press(index: int) -> Any:
    return SimpleNamespace(index=index, value=None)


def upload(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": MARK}


def bring(tab: ReadTab, sent: dict[str, Any]) -> dict[Any, Any]:
    return tab.image_input._receive_upload({tab.image_input.uploaded_file: sent})


def test_an_upload_fills_every_result(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    shown = bring(tab, upload(tmp_path / "a.png"))
    assert shown[tab.uploaded].title == "holiday.png"
    assert "Cubism" in shown[tab.verdict]
    assert shown[tab.evidence]["ratio"] == 1.5
    assert (shown[tab.this], shown[tab.that]) == ("Cubism", "Realism")
    outputs = {tab.uploaded, tab.token, tab.notice, tab.evidence, tab.verdict, tab.contest}
    outputs |= {tab.this, tab.that, tab.comparison, tab.views, tab.image_input.token_store}
    assert set(shown) == outputs | {*tab.compare.outputs, *tab.worksheet.outputs}


def test_a_heat_map_is_seen_whole_at_first(tab):
    for part in (tab.evidence, tab.contest):
        assert 'name="split" type="range" min="0" max="100" value="0"' in part.html_template


def test_a_bad_upload_says_why_and_touches_nothing_else(tab, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    shown = bring(tab, upload(tmp_path / "bad.png"))
    assert set(shown) == {tab.notice}
    assert 'role="alert"' in shown[tab.notice]
    assert "text file" in shown[tab.notice]


def test_a_path_that_gradio_did_not_check_is_refused(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "secret.png")
    shown = bring(tab, {"path": str(tmp_path / "secret.png")})
    assert set(shown) == {tab.notice}


def test_a_visitor_s_file_name_is_no_html(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    shown = tab.image_input._receive_upload(
        {
            tab.image_input.uploaded_file: upload(
                tmp_path / "a.png", "<img src=x onerror=alert(1)>.png"
            )
        }
    )
    texts = [shown[tab.evidence][key] for key in ("caption", "alt", "legend")]
    assert not any("<img" in text for text in texts)


def test_a_picture_without_a_name_is_yours(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    assert bring(tab, upload(tmp_path / "a.png", "image.png"))[tab.uploaded].title == (
        "Your picture"
    )


def test_pressing_a_movement_recolours_without_sending_the_picture_again(tab, uploaded):
    first, second = (tab._show_evidence(uploaded, uploaded.token, press(index)) for index in (0, 4))
    assert "picture" not in first[tab.evidence]
    assert "Abstract" in first[tab.evidence]["legend"]
    assert 'data-index="4" aria-pressed="true"' in second[tab.verdict]


def test_a_map_without_evidence_says_so(make_reading, painting):
    flat = make_reading(cam=np.full((6, 5, 7, 7), -1, np.float32))
    with gr.Blocks():
        tab = ReadTab(AppContext(StandIn(flat), Settings(), None))
    uploaded = tab.context.receive("a", painting)
    shown = tab._show_evidence(uploaded, uploaded.token, press(2))
    assert shown[tab.evidence]["legend"] == "Nothing in this picture speaks for Expressionism."


def test_why_this_and_not_that_is_antisymmetric_in_words(tab, uploaded):
    one, other = (
        tab._show_contest(uploaded, uploaded.token, *pair)
        for pair in (("Cubism", "Realism"), ("Realism", "Cubism"))
    )
    assert one[tab.contest]["overlay"] != other[tab.contest]["overlay"]
    assert one[tab.comparison] == other[tab.comparison]


def test_a_movement_against_itself_asks_for_two(tab, uploaded):
    shown = tab._show_contest(uploaded, uploaded.token, "Cubism", "Cubism")
    assert "two different movements" in shown[tab.contest]["legend"]


def test_a_picture_that_was_put_away_is_asked_for_again(tab, uploaded):
    """The session has started anew, but the page still shows what the visitor brought."""
    begun_anew = deepcopy(tab.uploaded.value)
    for shown in (
        tab._show_evidence(begun_anew, uploaded.token, press(0)),
        tab._show_contest(begun_anew, uploaded.token, "Cubism", "Realism"),
    ):
        assert set(shown) == {tab.notice}
        assert SESSION_EXPIRED in shown[tab.notice]


def test_an_example_is_read_like_an_upload(tab):
    shown = tab.image_input._receive_example({}, press(1))
    assert "Night over the hill" in shown[tab.evidence]["caption"]


def test_a_bug_shows_no_traceback_but_logs_it(tab, uploaded, caplog):
    with pytest.raises(gr.Error) as caught:
        tab._show_evidence(uploaded, uploaded.token, press(99))
    assert "our side" in caught.value.message
    assert "IndexError" in caplog.text


def test_a_large_picture_is_kept_small(tab):
    found = tab.context.receive("wide", np.zeros((1000, 5000, 3), np.uint8))
    assert found.picture.shape == (240, 1200, 3)
    assert found.size == (5000, 1000)


def test_the_thinnest_pictures_can_be_shown(tab):
    for shape in ((1, 1, 3), (1, 5000, 3), (5000, 1, 3)):
        found = tab.context.receive("thin", np.zeros(shape, np.uint8))
        assert tab.show(found)[tab.evidence]["picture"].startswith("data:image/webp")


def test_an_example_is_read_once_for_all_rooms(make_reading, monkeypatch):
    stand_in = StandIn(make_reading())
    context, seen = AppContext(stand_in, Settings(), None), []
    monkeypatch.setattr(stand_in, "read", lambda picture: seen.append(1) or stand_in.reading)
    assert context.example(1) is context.example(1)
    assert len(seen) == 1


def test_the_verdict_says_how_reliable_it_is(tab, uploaded):
    assert "Cubism: of unseen paintings it finds 1 of 2" in tab.show(uploaded)[tab.verdict]


def test_a_blank_picture_gets_no_map_and_no_comparison(make_reading):
    with gr.Blocks():
        tab = ReadTab(AppContext(StandIn(make_reading(refusal="plain")), Settings(), None))
    shown = tab.show(tab.context.receive("a.png", np.full((300, 400, 3), 255, np.uint8)))
    for part in (tab.evidence, tab.contest):
        assert shown[part]["picture"] == shown[part]["overlay"]
    assert "nothing" in shown[tab.contest]["legend"]
    assert "nearly nothing" in shown[tab.comparison]
