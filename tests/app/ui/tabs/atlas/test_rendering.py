# ruff: noqa: F811 - atlas_folder is a fixture
"""Feature visualization: the handlers, called as Gradio calls them, without PyTorch."""

import csv
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import parse
from app.explain.feature_visualization.render import RenderingStep
from app.explain.feature_visualization.rendering_config import config_for
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui import background_job
from app.ui.handlers import Updates
from app.ui.sessions import SESSIONS
from app.ui.tabs.atlas.rendering import BUSY, FeatureVisualization
from app.ui.tabs.atlas.rendering_job import (
    WARNING,
    RenderingJob,
    RenderingRequest,
    RenderingState,
    chart_html,
    file_name,
    job_html,
)
from tests.atlas_fixture import atlas_folder  # noqa: F401
from training.common.movements import MOVEMENTS

STEPS = 8
REQUEST = SimpleNamespace(session_hash="ann")


def steps_of(count: int = STEPS):
    for step in range(1, count + 1):
        time.sleep(0.01)
        yield RenderingStep(
            step=step,
            total=count,
            picture=np.full((96, 96, 3), 20 * step, np.uint8),
            seconds=step / 2,
            activation=step - 3.0,
            best=step - 3.0,
        )


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces PyTorch."""
    monkeypatch.setattr(background_job, "POLL_INTERVAL", 0.005)

    def run(job: RenderingJob, state: RenderingState) -> None:
        job.device = "CPU"
        for step in steps_of():
            job.activations.append(step.activation)
            job.last = step
            if state.stop_requested:
                break

    monkeypatch.setattr(RenderingJob, "run", run)


def lay_out(folder: Path) -> FeatureVisualization:
    card = SimpleNamespace(movements=MOVEMENTS)
    context: Any = SimpleNamespace(
        assets=ShippedAssets(folder, "cpu"),
        classifier=SimpleNamespace(metadata=card),
        settings=Settings(),
    )
    with gr.Blocks():
        return FeatureVisualization(context, gr.Button(), gr.Textbox())


@pytest.fixture(scope="module")
def rendering(atlas_folder: Path) -> FeatureVisualization:
    return lay_out(atlas_folder)


@pytest.fixture
def state() -> RenderingState:
    return RenderingState()


def start(
    rendering: FeatureVisualization, state: RenderingState, **changes: Any
) -> Iterator[Updates]:
    """Press Render on a page that has just opened, with few steps and some changes to the form."""
    values = {"expression": "Impressionism", "size": 96, "steps": STEPS, "seed": 0} | changes
    return rendering._render(state, *values.values(), REQUEST)


def job_of(text: str, count: int = 3) -> RenderingJob:
    expression = parse(text, MOVEMENTS)
    job = RenderingJob(RenderingRequest(expression, config_for(expression, 96, count), 7), "cpu")
    *_, job.last = steps_of(count)
    job.device, job.activations = "CPU", [-2.0, -1.0, 0.0]
    return job


def test_at_first_the_picture_of_the_atlas_is_shown(rendering: FeatureVisualization) -> None:
    assert 'src="pictures/' in rendering.picture.value
    assert WARNING in rendering.picture.value


def test_without_an_atlas_it_says_what_to_press(tmp_path: Path) -> None:
    assert "Press Render" in lay_out(tmp_path).picture.value


def test_a_picture_is_rendered_and_can_be_saved(
    rendering: FeatureVisualization, state: RenderingState
) -> None:
    first, *middle, last = list(start(rendering, state))
    assert first[rendering.form.stop.button]["visible"] is True
    assert any("<progress" in step[rendering.notice] for step in middle)
    assert any("<svg" in step.get(rendering.chart, "") for step in middle)
    assert len({step[rendering.picture] for step in middle if rendering.picture in step}) > 2
    assert "Rendered, in 4 s" in last[rendering.notice]
    with Image.open(last[rendering.png]["value"]) as image:
        assert image.size == (96, 96)
        assert image.info["Title"] == "Impressionism"
        assert WARNING in image.info["Description"]
    assert np.load(last[rendering.npy]["value"])[0, 0, 0] == 20 * STEPS
    with open(last[rendering.csv]["value"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1] == {"step": str(STEPS), "activation": "5"}
    assert not state.busy


def test_stop_keeps_the_best_picture_so_far(
    rendering: FeatureVisualization, state: RenderingState
) -> None:
    steps = start(rendering, state)
    while state.job is None or state.job.last is None:
        next(steps)
    state.stop()
    *_, last = steps
    assert re.search("Stopped at step [1-7],", last[rendering.notice])
    assert last[rendering.png]["interactive"] is True


def test_a_closed_handler_ends_the_job(
    rendering: FeatureVisualization, state: RenderingState
) -> None:
    steps = start(rendering, state)
    next(steps), next(steps)
    job = state.job
    steps.close()
    done = len(job.activations)
    assert state.stop_requested
    assert not state.busy
    assert done < STEPS
    time.sleep(0.05)
    assert len(job.activations) <= done + 1  # The current step is finished.


def test_leaving_the_page_ends_the_job_and_frees_its_picture(
    rendering: FeatureVisualization, state: RenderingState
) -> None:
    shown = []
    for step in start(rendering, state):
        shown.append(step)
        if state.job is not None and state.job.last is not None:
            SESSIONS.clear(REQUEST.session_hash)
    assert state.job is None
    assert not any(rendering.png in step for step in shown)


def test_a_visitor_renders_one_picture_at_a_time(
    rendering: FeatureVisualization, state: RenderingState
) -> None:
    steps = start(rendering, state)
    next(steps)
    (answer,) = start(rendering, state)
    assert BUSY in answer[rendering.notice]
    steps.close()


def test_a_chosen_channel_is_written_into_the_expression(rendering: FeatureVisualization) -> None:
    form = rendering.form
    shown = form._write_channel("conv5_block16", 700)
    assert shown[form.expression] == "conv5_block16:700"
    assert shown[form.movement] is None
    assert form._write_movement("Cubism") == {form.expression: "Cubism", form.channel: None}
    received = rendering.form.receive("conv2_block6", 3)
    assert (received[rendering.form.layer], received[rendering.form.channel]) == ("conv2_block6", 3)
    assert received[form.expression] == "conv2_block6:3"


def test_the_form_shows_what_is_rendered(rendering: FeatureVisualization) -> None:
    form = rendering.form

    def chosen(text: str) -> tuple[Any, Any]:
        shown = form.show(parse(text, MOVEMENTS))
        return shown[rendering.form.channel], shown[form.movement]

    assert chosen("conv5_block16:700") == (700, None)
    assert chosen("cubism") == (None, "Cubism")
    assert chosen("Cubism + conv5_block16:700") == (None, None)


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("expression", "Dada", "no movement Dada"),
        ("expression", None, "Say what"),
        ("size", 97, "size must be"),
        ("steps", 1e6, "number of steps"),
        ("steps", None, "number of steps"),
        ("seed", -1, "seed must be"),
        ("seed", 0.5, "seed must be"),
    ],
)
def test_mistakes_are_explained_in_the_page(rendering, state, part, value, sentence) -> None:
    (answer,) = start(rendering, state, **{part: value})
    assert sentence in answer[rendering.notice]
    assert 'role="alert"' in answer[rendering.notice]


def test_errors_in_the_thread_are_explained_in_the_page(rendering, state, monkeypatch) -> None:
    def missing(*_: object) -> None:
        raise UserError("The network is missing.")

    monkeypatch.setattr(RenderingJob, "run", missing)
    *_, last = start(rendering, state)
    assert "The network is missing." in last[rendering.notice]
    assert not state.busy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv4_block24:17", "answers 0.0 standard deviations above"),
        ("Cubism", "a logit 0.0 above"),
        ("Cubism - Realism", "an objective of 0.0"),
    ],
)
def test_the_activation_in_words(text: str, words: str) -> None:
    label = job_html(job_of(text))
    assert words in label
    assert "seed 7" in label


def test_the_chart_shows_negative_and_missing_numbers() -> None:
    expression = parse("Cubism", MOVEMENTS)
    drawn = chart_html([-2.0, float("nan"), 1.0], expression)
    heights = [float(point.split(",")[1]) for point in _points(drawn)]
    assert len(heights) == 3
    assert heights[2] < heights[1] < heights[0]  # Downwards.
    assert "<svg" not in chart_html([], expression)
    assert "<svg" in chart_html([1.0, 1.0], expression)
    assert len(_points(chart_html(list(range(2000)), expression))) < 300


def test_file_names_have_safe_characters_only() -> None:
    assert file_name(job_of("conv4_block24:17@0,-1 * Cubism - .5*realism")) == (
        "conv4_block24-17@0-1-Cubism-0.5-Realism seed 7"
    )


def _points(drawn: str) -> list[str]:
    (points,) = re.findall('points="([^"]+)"', drawn)
    return points.split()
