from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues
from app.ui.tabs.stylize.tab import StylizeTab


@pytest.fixture(scope="session")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="session")
def tab(page: gr.Blocks, classifier, bundle) -> StylizeTab:
    """Laid out once: no handler changes it."""
    with page:
        return StylizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def values(tab: StylizeTab) -> ComponentValues:
    """What the page sends when it has just opened."""
    parts = {*tab.inputs, tab.before_after.curve, tab.style_picker.previews.shown}
    return {part: part.value for part in parts}


@pytest.fixture
def file(painting: np.ndarray, tmp_path: Path) -> Path:
    Image.fromarray(painting).save(tmp_path / "a.png")
    return tmp_path / "a.png"
