# ruff: noqa: F811 - atlas_folder is a fixture
"""Pictures made to please: the handlers, called as Gradio calls them, with a quick engine."""

import csv
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import parse
from app.explain.feature_visualization.recipes import recipe_for
from app.explain.feature_visualization.render import RenderingStep
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui import background_job
from app.ui.sessions import SESSIONS
from app.ui.tabs.atlas.rendering import BUSY, FeatureVisualization
from app.ui.tabs.atlas.rendering_job import RenderingJob, RenderingSettings, RenderingState
from app.ui.tabs.atlas.rendering_view import WARNING, chart, file_name, shown
from tests.atlas_fixture import atlas_folder  # noqa: F401
from training.common.movements import MOVEMENTS

Said = dict[Any, Any]
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
    """In place of PyTorch."""
    monkeypatch.setattr(background_job, "POLL_INTERVAL", 0.005)

    def render(run: RenderingJob) -> None:
        run.device = "CPU"
        for step in steps_of():
            run.activations.append(step.activation)
            run.last = step
            if run.enough:
                break

    monkeypatch.setattr(RenderingJob, "_render", render)


def lay_out(folder: Path) -> FeatureVisualization:
    card = SimpleNamespace(movements=MOVEMENTS)
    context: Any = SimpleNamespace(
        assets=ShippedAssets(folder, "cpu"),
        classifier=SimpleNamespace(metadata=card),
        settings=Settings(),
    )
    with gr.Blocks():
        return FeatureVisualization(context)


@pytest.fixture(scope="module")
def rendering(atlas_folder: Path) -> FeatureVisualization:
    return lay_out(atlas_folder)


@pytest.fixture
def said(rendering: FeatureVisualization) -> Said:
    """What the page says when it has just opened, with few steps."""
    said = {part: part.value for part in rendering.form.parts} | {
        rendering.job_state: RenderingState()
    }
    return said | {rendering.form.steps: STEPS}


def run_of(text: str, count: int = 3) -> RenderingJob:
    expression = parse(text, MOVEMENTS)
    run = RenderingJob(RenderingSettings(expression, recipe_for(expression, 96, count), 7), "cpu")
    *_, run.last = steps_of(count)
    run.device, run.activations = "CPU", [-2.0, -1.0, 0.0]
    return run


def test_at_first_the_atlas_own_picture_hangs_there(rendering: FeatureVisualization) -> None:
    assert 'src="pictures/' in rendering.picture.value
    assert WARNING in rendering.picture.value


def test_without_an_atlas_it_says_what_to_press(tmp_path: Path) -> None:
    assert "Press Render" in lay_out(tmp_path).picture.value


def test_a_picture_is_rendered_and_can_be_taken_home(
    rendering: FeatureVisualization, said: Said
) -> None:
    first, *middle, last = list(rendering._begin(said, REQUEST))
    assert first[rendering.form.stop]["visible"] is True
    assert any("<progress" in step[rendering.notice] for step in middle)
    assert any("<svg" in step.get(rendering.chart, "") for step in middle)
    assert len({step[rendering.picture] for step in middle if rendering.picture in step}) > 2
    assert "Rendered, in 4 s" in last[rendering.notice]
    with Image.open(last[rendering.png]["value"]) as image:
        assert image.size == (96, 96)
        assert image.info["Title"] == "Impressionism"
        assert WARNING in image.info["Description"]
    assert np.load(last[rendering.raw]["value"])[0, 0, 0] == 20 * STEPS
    with open(last[rendering.csv]["value"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1] == {"step": str(STEPS), "activation": "5"}
    assert said[rendering.job_state].busy is False
    assert rendering._rest(said[rendering.job_state])[0]["visible"] is True


def test_stop_keeps_the_picture_as_far_as_it_has_come(
    rendering: FeatureVisualization, said: Said
) -> None:
    steps = rendering._begin(said, REQUEST)
    while said[rendering.job_state].run is None or said[rendering.job_state].run.last is None:
        next(steps)
    assert "Stopping" in rendering._stop(said[rendering.job_state])["value"]
    *_, last = steps
    assert re.search("Stopped at step [1-7],", last[rendering.notice])
    assert last[rendering.png]["interactive"] is True


def test_leaving_ends_the_work(rendering: FeatureVisualization, said: Said) -> None:
    steps = rendering._begin(said, REQUEST)
    next(steps), next(steps)
    steps.close()
    run = said[rendering.job_state].run
    done = len(run.activations)
    assert run.enough
    assert not said[rendering.job_state].busy
    assert done < STEPS
    time.sleep(0.05)
    assert len(run.activations) <= done + 1  # The step at hand is finished.


def test_who_closes_the_page_ends_the_work_and_frees_it(
    rendering: FeatureVisualization, said: Said
) -> None:
    shown = []
    for step in rendering._begin(said, REQUEST):
        shown.append(step)
        if (
            said[rendering.job_state].run is not None
            and said[rendering.job_state].run.last is not None
        ):
            SESSIONS.clear(REQUEST.session_hash)
    assert said[rendering.job_state].run is None
    assert not any(rendering.png in step for step in shown)


def test_only_one_picture_at_a_time_is_rendered_for_a_visitor(
    rendering: FeatureVisualization, said: Said
) -> None:
    steps = rendering._begin(said, REQUEST)
    next(steps)
    (answer,) = rendering._begin(said, REQUEST)
    assert BUSY in answer[rendering.notice]
    assert (
        rendering._rest(said[rendering.job_state])[1]["visible"] is True
    )  # Stop stays where it is.
    steps.close()


def test_a_channel_that_is_chosen_is_written_down(rendering: FeatureVisualization) -> None:
    form = rendering.form
    shown = form._choose({rendering.form.layer: "conv5_block16", rendering.form.channel: 700})
    assert shown[form.expression] == "conv5_block16:700"
    assert shown[form.movement] is None
    assert form._name({form.movement: "Cubism"}) == {
        form.expression: "Cubism",
        rendering.form.channel: None,
    }
    handed = rendering.form.receive("conv2_block6", 3)
    assert (handed[rendering.form.layer], handed[rendering.form.channel]) == ("conv2_block6", 3)
    assert handed[form.expression] == "conv2_block6:3"


def test_what_is_rendered_is_chosen_too(rendering: FeatureVisualization) -> None:
    form = rendering.form

    def agreed(text: str) -> tuple[Any, Any]:
        shown = form.agree(parse(text, MOVEMENTS))
        return shown[rendering.form.channel], shown[form.movement]

    assert agreed("conv5_block16:700") == (700, None)
    assert agreed("cubism") == (None, "Cubism")
    assert agreed("Cubism + conv5_block16:700") == (None, None)


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
def test_mistakes_are_said_in_the_page(rendering, said, part, value, sentence) -> None:
    (answer,) = rendering._begin(said | {getattr(rendering.form, part): value}, REQUEST)
    assert sentence in answer[rendering.notice]
    assert 'role="alert"' in answer[rendering.notice]


def test_what_goes_wrong_in_the_thread_is_said_too(rendering, said, monkeypatch) -> None:
    def missing(run: RenderingJob) -> None:
        raise UserError("The network is missing.")

    monkeypatch.setattr(RenderingJob, "_render", missing)
    *_, last = rendering._begin(said, REQUEST)
    assert "The network is missing." in last[rendering.notice]
    assert said[rendering.job_state].busy is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv4_block24:17", "answers 0.0 standard deviations above"),
        ("Cubism", "a logit 0.0 above"),
        ("Cubism - Realism", "an objective of 0.0"),
    ],
)
def test_the_number_wears_words(text: str, words: str) -> None:
    label = shown(run_of(text))
    assert words in label
    assert "seed 7" in label


def test_the_chart_shows_losses_below_zero_and_no_numbers_at_all() -> None:
    expression = parse("Cubism", MOVEMENTS)
    drawn = chart([-2.0, float("nan"), 1.0], expression)
    heights = [float(point.split(",")[1]) for point in _points(drawn)]
    assert len(heights) == 3
    assert heights[2] < heights[1] < heights[0]  # Downwards.
    assert "<svg" not in chart([], expression)
    assert "<svg" in chart([1.0, 1.0], expression)
    assert len(_points(chart(list(range(2000)), expression))) < 300


def test_file_names_hold_nothing_odd() -> None:
    assert file_name(run_of("conv4_block24:17@0,-1 * Cubism - .5*realism")) == (
        "conv4_block24-17@0-1-Cubism-0.5-Realism seed 7"
    )


def _points(drawn: str) -> list[str]:
    (points,) = re.findall('points="([^"]+)"', drawn)
    return points.split()
