"""What a visitor does on the Paint tab, outside of a page."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from app.ui.handlers import ComponentValues, Updates
from app.ui.tabs.stylize.tab import StylizeTab

MARK = {"_type": "gradio.FileData"}


def press(index: int, value: str | None = None) -> Any:
    return SimpleNamespace(index=index, value=value)


def drawing(sheet: np.ndarray) -> str:
    """A mask as the page sends it, from uint8 RGB [h,w,3]."""
    content = cv2.imencode(".png", sheet[..., ::-1])[1].tobytes()
    return "data:image/png;base64," + base64.b64encode(content).decode()


def upload(path: Path, name: str = "holiday.png") -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": MARK}


def after(tab: StylizeTab, said: dict[Any, Any], shown: dict[Any, Any]) -> dict[Any, Any]:
    """What the page says once it shows an answer."""
    values = {part: v["value"] if isinstance(v, dict) and "value" in v else v
              for part, v in shown.items()}  # fmt: skip
    return said | {part: value for part, value in values.items() if part in said}


def bring(tab: StylizeTab, said: ComponentValues, sent: dict[str, Any]) -> Updates:
    return tab.image_input._receive_upload(said | {tab.image_input.uploaded_file: sent})


def answer(tab: StylizeTab, said: ComponentValues, asked: ComponentValues, index: int) -> Updates:
    """Press a button of the question that an upload was answered with."""
    pending = tab.question.pending
    return tab.question.answer(said | {pending: asked[pending]}, press(index))


def restore(tab: StylizeTab, said: ComponentValues, sent: dict[str, Any]) -> Updates:
    """Drop a painting, and ask for its settings."""
    return answer(tab, said, bring(tab, said, sent), 0)
