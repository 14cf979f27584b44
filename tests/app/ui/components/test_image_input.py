"""Notes on uploaded files, and the restoring of a picture after a reload."""

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
    """Accepts any file and shows the usual hint."""
    with gr.Blocks():
        image_input = ImageInput(AppContext(None, Settings(), None, None), "Read")
        image_input.connect(
            lambda values, uploaded: {},
            {image_input.notice},
            [image_input.notice],
            receive_upload=lambda values, upload: {image_input.notice: image_input.hint},
        )
    return image_input


def notice_after_upload(image_input: ImageInput, path: Path) -> str:
    upload: Any = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    return image_input._receive_upload({image_input.uploaded_file: upload})[image_input.notice]


def test_the_notice_says_that_only_the_first_page_of_a_tiff_is_used(
    image_input: ImageInput, tmp_path: Path
) -> None:
    page = Image.new("RGB", (8, 8))
    page.save(tmp_path / "scan.tif", save_all=True, append_images=[page])
    page.save(tmp_path / "page.tif")
    notice = notice_after_upload(image_input, tmp_path / "scan.tif")
    assert notice == '<p role="status">This TIFF has several pages; the first one was taken.</p>'
    assert notice_after_upload(image_input, tmp_path / "page.tif") == image_input.hint


def test_a_picture_is_restored_by_its_token_while_a_session_holds_it(
    make_reading: MakeReading, painting: np.ndarray
) -> None:
    context = AppContext(Mock(read=lambda _: make_reading()), Settings(), Mock())
    uploaded = context.receive("mine.png", painting)
    restored = context.restore(uploaded.token)
    assert restored is not None
    assert restored.picture is uploaded.picture
    assert restored.token != uploaded.token  # The old token does not keep the picture alive.
    for unknown in ("", "0", None, {"token": uploaded.token}, uploaded.token[:-1]):
        assert context.restore(unknown) is None
    token = uploaded.token
    del uploaded
    assert context.restore(token) is None
