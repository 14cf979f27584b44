"""What is said of a file that was brought, whatever the tab does with it."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.bringing import Bringing
from app.ui.house import House
from tests.app.ui.conftest import MakeReading


@pytest.fixture(scope="module")
def bringing() -> Bringing:
    """In a room that takes any file and says what it usually says."""
    with gr.Blocks():
        brought = Bringing(House(None, Settings(), None, None), "Read")
        brought.connect(
            lambda said, visit: {},
            {brought.notice},
            [brought.notice],
            take=lambda said, upload: {brought.notice: brought.hint},
        )
    return brought


def bring(bringing: Bringing, path: Path) -> str:
    upload: Any = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    return bringing._bring({bringing.sent: upload})[bringing.notice]


def test_of_several_pages_the_first_is_taken_and_that_is_said(
    bringing: Bringing, tmp_path: Path
) -> None:
    page = Image.new("RGB", (8, 8))
    page.save(tmp_path / "scan.tif", save_all=True, append_images=[page])
    page.save(tmp_path / "page.tif")
    said = bring(bringing, tmp_path / "scan.tif")
    assert said == '<p role="status">This TIFF has several pages; the first one was taken.</p>'
    assert bring(bringing, tmp_path / "page.tif") == bringing.hint


def test_a_picture_comes_back_by_its_token_while_a_session_holds_it(
    make_reading: MakeReading, painting: np.ndarray
) -> None:
    house = House(Mock(read=lambda _: make_reading()), Settings(), Mock())
    visit = house.receive("mine.png", painting)
    again = house.again(visit.token)
    assert again is not None
    assert again.picture is visit.picture
    assert again.token != visit.token  # What a page knew before leads nowhere in the end.
    for stranger in ("", "0", None, {"token": visit.token}, visit.token[:-1]):
        assert house.again(stranger) is None
    token = visit.token
    del visit
    assert house.again(token) is None
