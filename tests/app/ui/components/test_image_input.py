"""What is said of a file that was brought, whatever the tab does with it."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.components.image_input import ImageInput
from app.ui.context import AppContext
from tests.app.ui.conftest import MakeReading


@pytest.fixture(scope="module")
def image_input() -> ImageInput:
    """In a room that takes any file and says what it usually says."""
    with gr.Blocks():
        brought = ImageInput(AppContext(None, Settings(), None, None), "Read")
        brought.connect(
            lambda said, uploaded: {},
            {brought.notice},
            [brought.notice],
            take=lambda said, upload: {brought.notice: brought.hint},
        )
    return brought


def bring(image_input: ImageInput, path: Path) -> str:
    upload: Any = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    return image_input._bring({image_input.sent: upload})[image_input.notice]


def test_of_several_pages_the_first_is_taken_and_that_is_said(
    image_input: ImageInput, tmp_path: Path
) -> None:
    page = Image.new("RGB", (8, 8))
    page.save(tmp_path / "scan.tif", save_all=True, append_images=[page])
    page.save(tmp_path / "page.tif")
    said = bring(image_input, tmp_path / "scan.tif")
    assert said == '<p role="status">This TIFF has several pages; the first one was taken.</p>'
    assert bring(image_input, tmp_path / "page.tif") == image_input.hint


def test_a_picture_comes_back_by_its_token_while_a_session_holds_it(
    make_reading: MakeReading, painting: np.ndarray
) -> None:
    context = AppContext(Mock(read=lambda _: make_reading()), Settings(), Mock())
    uploaded = context.receive("mine.png", painting)
    again = context.again(uploaded.token)
    assert again is not None
    assert again.picture is uploaded.picture
    assert again.token != uploaded.token  # What a page knew before leads nowhere in the end.
    for stranger in ("", "0", None, {"token": uploaded.token}, uploaded.token[:-1]):
        assert context.again(stranger) is None
    token = uploaded.token
    del uploaded
    assert context.again(token) is None
