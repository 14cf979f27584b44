from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.context import AppContext
from app.ui.tabs.stylize.tab import StylizeTab


@pytest.fixture(scope="module")
def tab(classifier, bundle) -> StylizeTab:
    with gr.Blocks():
        return StylizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def said(tab: StylizeTab) -> dict[Any, Any]:
    """What the page says when it opens."""
    return {part: part.value for part in tab.inputs} | {
        tab.before_after.curve: tab.before_after.curve.value
    }


@pytest.fixture
def file(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting).save(tmp_path / "a.png")
    return tmp_path / "a.png"
