"""The tab's handlers, called as Gradio calls them, with a fake classifier."""

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
from app.ui.handlers import Updates
from app.ui.tabs.read.tab import ReadTab

MARK = {"_type": "gradio.FileData"}


class FakeClassifier:
    """Gives the same reading for every picture."""

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
        return ReadTab(AppContext(FakeClassifier(make_reading()), Settings(), None))


@pytest.fixture
def uploaded(tab: ReadTab, painting: np.ndarray) -> UploadedPicture:
    return tab.context.receive("my painting.jpg", painting)


def press(index: int) -> Any:
    return SimpleNamespace(index=index, value=None)


def upload(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": MARK}


def shown_after_upload(tab: ReadTab, sent: dict[str, Any]) -> Updates:
    return tab.image_input._receive_upload({tab.image_input.uploaded_file: sent})


def test_an_upload_updates_every_result(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    shown = shown_after_upload(tab, upload(tmp_path / "a.png"))
    assert shown[tab.uploaded].title == "holiday.png"
    assert "Cubism" in shown[tab.verdict]
    assert shown[tab.evidence]["ratio"] == 1.5
    assert (shown[tab.this], shown[tab.that]) == ("Cubism", "Realism")
    outputs = {tab.uploaded, tab.token, tab.notice, tab.evidence, tab.verdict, tab.contest}
    outputs |= {tab.this, tab.that, tab.comparison, tab.views, tab.image_input.token_store}
    assert set(shown) == outputs | {*tab.compare.outputs, *tab.worksheet.outputs}


def test_a_heat_map_covers_the_picture_at_first(tab):
    for part in (tab.evidence, tab.contest):
        assert 'name="split" type="range" min="0" max="100" value="0"' in part.html_template


def test_an_unreadable_upload_changes_only_the_notice(tab, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    shown = shown_after_upload(tab, upload(tmp_path / "bad.png"))
    assert set(shown) == {tab.notice}
    assert 'role="alert"' in shown[tab.notice]
    assert "text file" in shown[tab.notice]


def test_a_path_that_gradio_did_not_check_is_refused(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "secret.png")
    shown = shown_after_upload(tab, {"path": str(tmp_path / "secret.png")})
    assert set(shown) == {tab.notice}


def test_a_file_name_is_escaped(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    shown = shown_after_upload(tab, upload(tmp_path / "a.png", "<img src=x onerror=alert(1)>.png"))
    texts = [shown[tab.evidence][key] for key in ("caption", "alt", "legend")]
    assert not any("<img" in text for text in texts)


def test_a_picture_without_a_name_gets_a_title(tab, painting, tmp_path):
    Image.fromarray(painting).save(tmp_path / "a.png")
    assert shown_after_upload(tab, upload(tmp_path / "a.png", "image.png"))[tab.uploaded].title == (
        "Your picture"
    )


def test_choosing_a_movement_updates_only_the_overlay(tab, uploaded):
    first, second = (tab._show_evidence(uploaded, uploaded.token, press(index)) for index in (0, 4))
    assert "picture" not in first[tab.evidence]
    assert "Abstract" in first[tab.evidence]["legend"]
    assert 'data-index="4" aria-pressed="true"' in second[tab.verdict]


def test_a_heat_map_without_evidence_has_a_legend(make_reading, painting):
    flat = make_reading(cam=np.full((6, 5, 7, 7), -1, np.float32))
    with gr.Blocks():
        tab = ReadTab(AppContext(FakeClassifier(flat), Settings(), None))
    uploaded = tab.context.receive("a", painting)
    shown = tab._show_evidence(uploaded, uploaded.token, press(2))
    assert shown[tab.evidence]["legend"] == "Nothing in this picture speaks for Expressionism."


def test_comparing_two_movements_in_reverse_gives_the_same_sentence(tab, uploaded):
    one, other = (
        tab._show_contest(uploaded, uploaded.token, *pair)
        for pair in (("Cubism", "Realism"), ("Realism", "Cubism"))
    )
    assert one[tab.contest]["overlay"] != other[tab.contest]["overlay"]
    assert one[tab.comparison] == other[tab.comparison]


def test_a_movement_against_itself_asks_for_two(tab, uploaded):
    shown = tab._show_contest(uploaded, uploaded.token, "Cubism", "Cubism")
    assert "two different movements" in shown[tab.contest]["legend"]


def test_after_an_expired_session_the_picture_is_asked_for_again(tab, uploaded):
    """The session has started again, but the page still shows the upload."""
    new_session = deepcopy(tab.uploaded.value)
    for shown in (
        tab._show_evidence(new_session, uploaded.token, press(0)),
        tab._show_contest(new_session, uploaded.token, "Cubism", "Realism"),
    ):
        assert set(shown) == {tab.notice}
        assert SESSION_EXPIRED in shown[tab.notice]


def test_an_example_is_shown_like_an_upload(tab):
    shown = tab.image_input._receive_example({}, press(1))
    assert "Night over the hill" in shown[tab.evidence]["caption"]


def test_an_internal_error_is_logged_and_not_shown(tab, uploaded, caplog):
    with pytest.raises(gr.Error) as caught:
        tab._show_evidence(uploaded, uploaded.token, press(99))
    assert "our side" in caught.value.message
    assert "IndexError" in caplog.text


def test_a_large_picture_is_kept_at_the_shown_size(tab):
    uploaded = tab.context.receive("wide", np.zeros((1000, 5000, 3), np.uint8))
    assert uploaded.picture.shape == (240, 1200, 3)
    assert uploaded.size == (5000, 1000)


def test_the_thinnest_pictures_can_be_shown(tab):
    for shape in ((1, 1, 3), (1, 5000, 3), (5000, 1, 3)):
        uploaded = tab.context.receive("thin", np.zeros(shape, np.uint8))
        assert tab.show(uploaded)[tab.evidence]["picture"].startswith("data:image/webp")


def test_an_example_is_read_only_once(make_reading, monkeypatch):
    classifier = FakeClassifier(make_reading())
    context, reads = AppContext(classifier, Settings(), None), []
    monkeypatch.setattr(classifier, "read", lambda picture: reads.append(1) or classifier.reading)
    assert context.example(1) is context.example(1)
    assert len(reads) == 1


def test_the_verdict_has_its_reliability(tab, uploaded):
    assert "Cubism: it finds 1 of 2 unseen paintings" in tab.show(uploaded)[tab.verdict]


def test_an_empty_picture_has_no_heat_map_and_no_comparison(make_reading):
    with gr.Blocks():
        tab = ReadTab(AppContext(FakeClassifier(make_reading(refusal="plain")), Settings(), None))
    shown = tab.show(tab.context.receive("a.png", np.full((300, 400, 3), 255, np.uint8)))
    for part in (tab.evidence, tab.contest):
        assert shown[part]["picture"] == shown[part]["overlay"]
    assert "nothing" in shown[tab.contest]["legend"]
    assert "nearly nothing" in shown[tab.comparison]
