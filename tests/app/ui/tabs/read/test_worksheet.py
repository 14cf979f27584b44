"""The worksheet: what is printed, and its downloads."""

import io
import re
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.context import SESSION_EXPIRED, AppContext, UploadedPicture
from app.ui.tabs.read.tab import ReadTab
from app.ui.tabs.read.worksheet import HEIGHT, PER_MM, WIDTH, PrintPage, questions, worksheet
from tests.app.ui.tabs.read.test_tab import FakeClassifier


def pixels(page: PrintPage) -> np.ndarray:
    with Image.open(io.BytesIO(page.png())) as image:
        return np.asarray(image)


def ink_bounds(page: PrintPage) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the page, in millimetres, that are not white."""
    dark = (pixels(page) < 250).any(-1)
    return np.flatnonzero(dark.any(1)) / PER_MM, np.flatnonzero(dark.any(0)) / PER_MM


def uploaded_picture(painting: np.ndarray, reading) -> UploadedPicture:
    title = "A very long name of a picture, which nobody would give to a file of theirs.jpg"
    size = painting.shape[1::-1]
    return UploadedPicture(title, "", size, painting, reading, original=lambda: painting)


@pytest.mark.parametrize("refusal", [None, "photograph", "outside", "plain"])
def test_everything_is_within_the_margins(make_reading, painting, refusal):
    tall = np.ascontiguousarray(painting.swapaxes(0, 1))
    for picture in (painting, tall):
        page = worksheet(uploaded_picture(picture, make_reading(refusal=refusal)), None)
        rows, columns = ink_bounds(page)
        assert rows.min() >= 10
        assert rows.max() <= HEIGHT - 5
        assert columns.min() >= 13.5
        assert columns.max() <= WIDTH - 13.5


def test_the_picture_keeps_its_proportions(painting):
    page = PrintPage()
    assert page.place(painting, 10, 20, 90, 90) == pytest.approx((90, 60))
    middle = pixels(page)[20 * PER_MM : 80 * PER_MM, 10 * PER_MM : 100 * PER_MM]
    np.testing.assert_allclose(middle.mean((0, 1)), painting.mean((0, 1)), atol=1)


def test_a_paragraph_keeps_to_its_width():
    page = PrintPage()
    bottom = page.write("one two three " * 9 + "abcdefghi" * 9, 20, 30, 50, size=4)
    rows, columns = ink_bounds(page)
    assert columns.min() >= 19.5
    assert columns.max() <= 70
    assert rows.min() >= 30
    assert rows.max() <= bottom


def test_a_pdf_has_one_page_of_a4():
    content = PrintPage().pdf("Harbour")
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 1
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert [float(side) for side in box.groups()] == pytest.approx([595.3, 841.9], abs=0.5)


def test_questions_are_about_this_reading(make_reading):
    _, where, between = questions(make_reading())
    assert "Cubism" in where
    assert "Realism" in between
    _, disagree, _ = questions(make_reading(refusal="photograph"))
    assert "a photograph" in disagree
    assert "paint into" in questions(make_reading(refusal="plain"))[2]


def test_both_files_can_be_downloaded(make_reading, painting):
    with gr.Blocks():
        tab = ReadTab(AppContext(FakeClassifier(make_reading()), Settings(), None))
    uploaded = tab.context.receive("my painting.jpg", painting)
    values, save = {tab.uploaded: uploaded, tab.token: uploaded.token}, tab.worksheet.save
    for label, begin in {"Worksheet, PDF": b"%PDF", "Worksheet, PNG": b"\x89PNG"}.items():
        path = Path(save._make(label, values)[save.link]["value"])
        assert path.stem == "my painting worksheet"
        assert path.read_bytes().startswith(begin)
    values[tab.uploaded] = replace(uploaded, is_example=True)  # A new session.
    values[tab.token] = "another"
    assert SESSION_EXPIRED in save._make("Worksheet, PNG", values)[tab.worksheet.notice]
