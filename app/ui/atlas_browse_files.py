"""Files to take home from the atlas."""

from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder


def download(words: str, elem_id: str) -> gr.DownloadButton:
    """A button that waits for its file."""
    return gr.DownloadButton(words, interactive=False, elem_id=elem_id, elem_classes="quiet")


def offer(content: bytes, name: str) -> dict[str, Any]:
    """For an event handler to return for such a button: here is the file."""
    path = save_bytes_to_cache(content, name, get_upload_folder())
    return gr.update(value=path, interactive=True)
