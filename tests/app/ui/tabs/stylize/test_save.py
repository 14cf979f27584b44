"""Downloads: what is painted for them, and what is said of them before."""

from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from app.generation_parameters import read_parameters
from app.serving.resolution import NATIVE
from app.ui.painting.sliders import slider_positions
from app.ui.tabs.stylize.form import STRENGTH, STROKE_SIZE
from tests.app.ui.painting.actions import after, file_data, upload
from training.common.preprocessing import fit


def test_the_download_has_the_picture_s_size_and_its_settings(tab, values, tmp_path):
    large = np.random.default_rng(0).integers(0, 255, (300, 1500, 3), np.uint8)
    Image.fromarray(large).save(tmp_path / "wide.png")
    values = after(values, upload(tab, values, file_data(tmp_path / "wide.png")))
    *_, last = tab.save.save_png(values | {tab.form.strength: slider_positions(STRENGTH, [50])})
    path = last[tab.save.link]["value"]
    with Image.open(path) as image:
        assert image.size == (1500, 300)
    parameters = read_parameters(path)
    assert parameters is not None
    assert parameters.settings["strength"] == 0.5
    assert parameters.styles[0].preset == values[tab.state].style_mix.styles[0].preset


@pytest.fixture
def wide(tab, values, painting, tmp_path) -> dict[Any, Any]:
    """What the page says once a picture of 1800 x 1200 pixels was uploaded."""
    large = cv2.resize(painting, (1800, 1200), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(large).save(tmp_path / "wide.png")
    return after(values, upload(tab, values, file_data(tmp_path / "wide.png")))


@pytest.mark.parametrize("stroke_size", [0.6, 1, 2])
def test_the_download_is_the_preview(tab, wide, stroke_size):
    values = wide | {tab.form.stroke_size: slider_positions(STROKE_SIZE, [stroke_size])}
    values = after(values, tab._change(values))
    *_, last = tab.save.save_png(values)
    path = last[tab.save.link]["value"]
    preview = values[tab.state].shown(tab.form.read(values).settings).astype(int)
    with Image.open(path) as image:
        assert image.size == (1800, 1200)
        saved = fit(np.asarray(image), 1024)
    assert np.abs(saved - preview).mean() < 4  # Random networks paint much that is fine.
    parameters = read_parameters(path)
    assert parameters is not None
    assert parameters.settings["stroke size"] == stroke_size


def test_the_download_of_what_is_shown_runs_no_network(tab, wide, monkeypatch):
    monkeypatch.setattr(tab.stylizer, "run", None)
    *_, last = tab.save.save_png(wide)
    assert "1800 &times; 1200 pixels" in last[tab.save.notice]


def legend(tab, values, **form):
    values = values | {getattr(tab.form, part): value for part, value in form.items()}
    return tab._change(values)[tab.compare_slider]["legend"]


def test_the_legend_says_the_painted_size(tab, values, wide):
    width, height = values[tab.state].uploaded.size
    assert f"Painted and saved at {width} &times; {height} pixels" in legend(tab, values)
    assert "Painted at 768 &times; 512 pixels, scaled to 1800 &times; 1200 with the" in legend(
        tab, wide
    )
    assert "at 384 &times; 256 pixels, scaled" in legend(
        tab, wide, stroke_size=slider_positions(STROKE_SIZE, [2])
    )
    assert "at 1536 &times; 1024 pixels, scaled" in legend(
        tab, wide, stroke_size=slider_positions(STROKE_SIZE, [0.5])
    )
    assert "saved, it is painted at 1800 &times; 1200, with finer" in legend(tab, wide, native=True)
    dragged = slider_positions(STROKE_SIZE, [2]) | {"settled": False}
    assert "A draft, painted at 256 &times; 170" in legend(tab, wide, stroke_size=dragged)


def test_a_file_can_be_painted_at_its_own_resolution(tab, wide):
    *_, last = tab.save.save_png(wide | {tab.form.native: True})
    path = last[tab.save.link]["value"]
    with Image.open(path) as image:
        saved = np.asarray(image)
    session = wide[tab.state]
    vector, original = session.style_mix.vector, session.uploaded.original()
    alone = tab.stylizer.paint(original, vector, stroke_size=NATIVE).picture
    np.testing.assert_array_equal(saved, alone)
    parameters = read_parameters(path)
    assert parameters is not None
    assert parameters.settings["stroke size"] == NATIVE


def test_a_deleted_file_is_asked_for_again(tab, values, file):
    values = after(values, upload(tab, values, file_data(file)))
    file.unlink()
    *_, last = tab.save.save_png(values)
    assert "could not be opened" in last[tab.save.notice]
