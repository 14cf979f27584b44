"""Picture files as programs send and get them."""

from typing import Literal, TypedDict

import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from app.imaging import note_on
from app.ui.context import AppContext


class FileMark(TypedDict):
    """Gradio's marker of a file in JSON."""

    _type: Literal["gradio.FileData"]


class PictureFile(TypedDict):
    """A picture file: clients upload it first, or get it as a file of their own."""

    path: str
    meta: FileMark


def as_file(png: bytes, name: str) -> PictureFile:
    """A PNG's content as an answer."""
    path = save_bytes_to_cache(png, name, get_upload_folder())
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def decode_with_note(context: AppContext, picture: object) -> tuple[np.ndarray, str]:
    """A picture, uint8 RGB [H,W,3], and what a program should know of its file, or nothing.

    Raises:
        UserError: it is no picture that we can read; see `AppContext.decode_upload`.
    """
    return context.decode_upload(picture), note_on(context.upload_path(picture))
