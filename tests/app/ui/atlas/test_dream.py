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
from app.gradients.dream.recipes import recipe_for
from app.gradients.dream.render import DreamStep
from app.gradients.dream.wish import parse
from app.serving.library import Library
from app.settings import Settings
from app.ui import turns
from app.ui.atlas.dream import BUSY, AtlasDream
from app.ui.atlas.dream_run import Desk, DreamRun, Order
from app.ui.atlas.dream_show import WARNING, chart, file_name, shown
from app.ui.visitors import VISITORS
from tests.atlas_fixture import atlas_folder  # noqa: F401
from training.movements import MOVEMENTS

Said = dict[Any, Any]
STEPS = 8
REQUEST = SimpleNamespace(session_hash="ann")


def steps_of(count: int = STEPS):
    for step in range(1, count + 1):
        time.sleep(0.01)
        yield DreamStep(
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
    monkeypatch.setattr(turns, "TURN", 0.005)

    def render(run: DreamRun) -> None:
        run.device = "CPU"
        for step in steps_of():
            run.activations.append(step.activation)
            run.last = step
            if run.enough:
                break

    monkeypatch.setattr(DreamRun, "_render", render)


def lay_out(folder: Path) -> AtlasDream:
    card = SimpleNamespace(movements=MOVEMENTS)
    house: Any = SimpleNamespace(
        library=Library(folder, "cpu"),
        classifier=SimpleNamespace(metadata=card),
        settings=Settings(),
    )
    with gr.Blocks():
        return AtlasDream(house)


@pytest.fixture(scope="module")
def dream(atlas_folder: Path) -> AtlasDream:
    return lay_out(atlas_folder)


@pytest.fixture
def said(dream: AtlasDream) -> Said:
    """What the page says when it has just opened, with few steps."""
    said = {part: part.value for part in dream.form.parts} | {dream.desk: Desk()}
    return said | {dream.form.steps: STEPS}


def run_of(text: str, count: int = 3) -> DreamRun:
    wish = parse(text, MOVEMENTS)
    run = DreamRun(Order(wish, recipe_for(wish, 96, count), 7), "cpu")
    *_, run.last = steps_of(count)
    run.device, run.activations = "CPU", [-2.0, -1.0, 0.0]
    return run


def test_at_first_the_atlas_own_picture_hangs_there(dream: AtlasDream) -> None:
    assert 'src="pictures/' in dream.picture.value
    assert WARNING in dream.picture.value


def test_without_an_atlas_it_says_what_to_press(tmp_path: Path) -> None:
    assert "Press Render" in lay_out(tmp_path).picture.value


def test_a_picture_is_rendered_and_can_be_taken_home(dream: AtlasDream, said: Said) -> None:
    first, *middle, last = list(dream._begin(said, REQUEST))
    assert first[dream.form.stop]["visible"] is True
    assert any("<progress" in step[dream.notice] for step in middle)
    assert any("<svg" in step.get(dream.chart, "") for step in middle)
    assert len({step[dream.picture] for step in middle if dream.picture in step}) > 2
    assert "Rendered, in 4 s" in last[dream.notice]
    with Image.open(last[dream.png]["value"]) as image:
        assert image.size == (96, 96)
        assert image.info["Title"] == "Impressionism"
        assert WARNING in image.info["Description"]
    assert np.load(last[dream.raw]["value"])[0, 0, 0] == 20 * STEPS
    with open(last[dream.csv]["value"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1] == {"step": str(STEPS), "activation": "5"}
    assert said[dream.desk].busy is False
    assert dream._rest(said[dream.desk])[0]["visible"] is True


def test_stop_keeps_the_picture_as_far_as_it_has_come(dream: AtlasDream, said: Said) -> None:
    steps = dream._begin(said, REQUEST)
    while said[dream.desk].run is None or said[dream.desk].run.last is None:
        next(steps)
    assert "Stopping" in dream._stop(said[dream.desk])["value"]
    *_, last = steps
    assert re.search("Stopped at step [1-7],", last[dream.notice])
    assert last[dream.png]["interactive"] is True


def test_leaving_ends_the_work(dream: AtlasDream, said: Said) -> None:
    steps = dream._begin(said, REQUEST)
    next(steps), next(steps)
    steps.close()
    run = said[dream.desk].run
    done = len(run.activations)
    assert run.enough
    assert not said[dream.desk].busy
    assert done < STEPS
    time.sleep(0.05)
    assert len(run.activations) <= done + 1  # The step at hand is finished.


def test_who_closes_the_page_ends_the_work_and_frees_it(dream: AtlasDream, said: Said) -> None:
    shown = []
    for step in dream._begin(said, REQUEST):
        shown.append(step)
        if said[dream.desk].run is not None and said[dream.desk].run.last is not None:
            VISITORS.clear(REQUEST.session_hash)
    assert said[dream.desk].run is None
    assert not any(dream.png in step for step in shown)


def test_only_one_picture_at_a_time_is_rendered_for_a_visitor(
    dream: AtlasDream, said: Said
) -> None:
    steps = dream._begin(said, REQUEST)
    next(steps)
    (answer,) = dream._begin(said, REQUEST)
    assert BUSY in answer[dream.notice]
    assert dream._rest(said[dream.desk])[1]["visible"] is True  # Stop stays where it is.
    steps.close()


def test_a_channel_that_is_chosen_is_written_down(dream: AtlasDream) -> None:
    form = dream.form
    shown = form._choose({dream.form.layer: "conv5_block16", dream.form.channel: 700})
    assert shown[form.wish] == "conv5_block16:700"
    assert shown[form.movement] is None
    assert form._name({form.movement: "Cubism"}) == {form.wish: "Cubism", dream.form.channel: None}
    handed = dream.form.receive("conv2_block6", 3)
    assert (handed[dream.form.layer], handed[dream.form.channel]) == ("conv2_block6", 3)
    assert handed[form.wish] == "conv2_block6:3"


def test_what_is_rendered_is_chosen_too(dream: AtlasDream) -> None:
    form = dream.form

    def agreed(text: str) -> tuple[Any, Any]:
        shown = form.agree(parse(text, MOVEMENTS))
        return shown[dream.form.channel], shown[form.movement]

    assert agreed("conv5_block16:700") == (700, None)
    assert agreed("cubism") == (None, "Cubism")
    assert agreed("Cubism + conv5_block16:700") == (None, None)


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("wish", "Dada", "no movement Dada"),
        ("wish", None, "Say what"),
        ("size", 97, "size must be"),
        ("steps", 1e6, "number of steps"),
        ("steps", None, "number of steps"),
        ("seed", -1, "seed must be"),
        ("seed", 0.5, "seed must be"),
    ],
)
def test_mistakes_are_said_in_the_page(dream, said, part, value, sentence) -> None:
    (answer,) = dream._begin(said | {getattr(dream.form, part): value}, REQUEST)
    assert sentence in answer[dream.notice]
    assert 'role="alert"' in answer[dream.notice]


def test_what_goes_wrong_in_the_thread_is_said_too(dream, said, monkeypatch) -> None:
    def missing(run: DreamRun) -> None:
        raise UserError("The network is missing.")

    monkeypatch.setattr(DreamRun, "_render", missing)
    *_, last = dream._begin(said, REQUEST)
    assert "The network is missing." in last[dream.notice]
    assert said[dream.desk].busy is False


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
    wish = parse("Cubism", MOVEMENTS)
    drawn = chart([-2.0, float("nan"), 1.0], wish)
    heights = [float(point.split(",")[1]) for point in _points(drawn)]
    assert len(heights) == 3
    assert heights[2] < heights[1] < heights[0]  # Downwards.
    assert "<svg" not in chart([], wish)
    assert "<svg" in chart([1.0, 1.0], wish)
    assert len(_points(chart(list(range(2000)), wish))) < 300


def test_file_names_hold_nothing_odd() -> None:
    assert file_name(run_of("conv4_block24:17@0,-1 * Cubism - .5*realism")) == (
        "conv4_block24-17@0-1-Cubism-0.5-Realism seed 7"
    )


def _points(drawn: str) -> list[str]:
    (points,) = re.findall('points="([^"]+)"', drawn)
    return points.split()
