from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.house import House
from app.ui.paint.tab import PaintTab


@pytest.fixture(scope="module")
def tab(classifier, studio) -> PaintTab:
    with gr.Blocks():
        return PaintTab(House(classifier, Settings(), studio))


@pytest.fixture
def said(tab: PaintTab) -> dict[Any, Any]:
    """What the page says when it opens."""
    return {part: part.value for part in tab.inputs} | {tab.loop.curve: tab.loop.curve.value}


@pytest.fixture
def file(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting).save(tmp_path / "a.png")
    return tmp_path / "a.png"
