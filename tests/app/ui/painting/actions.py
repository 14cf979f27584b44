"""What a visitor does on a painting tab, outside of a page."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.tab import PaintingTab


def press(index: int, value: str | None = None) -> Any:
    """The data of a `select` event."""
    return SimpleNamespace(index=index, value=value)


def drawing(picture: np.ndarray) -> str:
    """A mask as the page sends it, from uint8 RGB [h,w,3]."""
    content = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(content).decode()


def file_data(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    """An upload as Gradio sends it."""
    return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def after(values: ComponentValues, updates: Updates) -> ComponentValues:
    """What the page sends once it shows an answer."""
    new = {part: v["value"] if isinstance(v, dict) and "value" in v else v
           for part, v in updates.items()}  # fmt: skip
    return values | {part: value for part, value in new.items() if part in values}


def upload(tab: PaintingTab, values: ComponentValues, sent: dict[str, Any]) -> Updates:
    return tab.image_input._receive_upload(values | {tab.image_input.uploaded_file: sent})


def answer(
    tab: PaintingTab, values: ComponentValues, asked: ComponentValues, index: int
) -> Updates:
    """Press a button of the question that an upload was answered with."""
    pending = tab.question.pending
    return tab.question.answer(values | {pending: asked[pending]}, press(index))


def restore(tab: PaintingTab, values: ComponentValues, sent: dict[str, Any]) -> Updates:
    """Upload a painting, and ask for its settings."""
    return answer(tab, values, upload(tab, values, sent), 0)
