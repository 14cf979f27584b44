"""Painting slowly: begun, stopped, continued and left; the handlers, with a quick engine."""

import gc
import time
import weakref
from collections.abc import Iterator

import gradio as gr
from gradio.state_holder import SessionState
from PIL import Image

from app.ui.handlers import ComponentValues, Updates
from app.ui.sessions import SESSIONS
from app.ui.tabs.optimize.job import OptimizationState
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.tabs.optimize.quick_engine import REQUEST, STEPS, begin, file


def test_a_picture_is_painted_and_can_be_downloaded(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    first, *middle, last = begin(tab, values)
    assert first[tab.form.stop]["visible"] is True
    assert any("Scale 2 of 2, 80" in step[tab.job_panel.notice] for step in middle)
    assert "Painted, in 4 s and 8 steps" in last[tab.job_panel.notice]
    assert "It is smaller." in last[tab.job_panel.notice]
    with Image.open(file(last, tab.job_panel.png)) as image:
        assert image.size == (80, 60)
    with Image.open(file(last, tab.job_panel.jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (80, 60))
    assert [file(last, part).suffix for part in (tab.job_panel.mp4, tab.job_panel.gif)] == [
        ".mp4",
        ".gif",
    ]
    assert "<video" in last[tab.job_panel.timelapse]
    assert tab.result(values)[0] == "Chelsea the cat, painted"


def paint_two_steps(tab: OptimizeTab, values: ComponentValues) -> Iterator[Updates]:
    """Paint until two steps are done, and return what is left of the handler."""
    steps = tab.job_panel.begin(values, REQUEST)
    while values[tab.job_state].job is None or values[tab.job_state].job.steps < 2:
        next(steps)
    return steps


def test_the_picture_and_the_losses_are_shown_while_painting(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    shown = [step for step in begin(tab, values) if tab.compare_slider in step]
    assert len({step[tab.compare_slider]["overlay"] for step in shown}) > 2
    assert "<svg" in shown[-1][tab.job_panel.chart]


def test_a_stopped_painting_continues_at_the_same_step(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    steps = paint_two_steps(tab, values)
    values[tab.job_state].stop()
    last = list(steps)[-1]
    job = values[tab.job_state].job
    stopped = job.steps
    assert stopped < STEPS
    assert f"Stopped at step {stopped} of {STEPS}" in last[tab.job_panel.notice]
    assert tab.job_panel.rest(values[tab.job_state])[2] == gr.update(visible=True, value="Go on")
    list(tab.job_panel.go_on(values, REQUEST))
    assert [step for step, losses in job.losses] == list(range(1, STEPS + 1))


def test_continuing_a_finished_painting_takes_as_long_again(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    begin(tab, values)
    job = values[tab.job_state].job
    finished = job.picture
    last = list(tab.job_panel.go_on(values, REQUEST))[-1]
    assert job.spec.start is finished
    assert job.spec.recipe.scales == 1
    assert job.spec.keep_size
    assert f"{2 * STEPS} steps" in last[tab.job_panel.notice]


def test_leaving_ends_the_painting_and_frees_its_memory(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    steps = paint_two_steps(tab, values)
    job = weakref.ref(values[tab.job_state].job)
    steps.close()
    assert values[tab.job_state].job is None
    assert values[tab.job_state].busy is False
    end = time.monotonic() + 5
    while job() is not None and time.monotonic() < end:  # It finishes the current step.
        time.sleep(0.01)
        gc.collect()
    assert job() is None


def test_no_timelapse_is_made_once_the_visitor_has_left(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    shown = []
    for step in tab.job_panel.begin(values, REQUEST):
        shown.append(step)
        if values[tab.job_state].job is not None and values[tab.job_state].job.steps >= 2:
            SESSIONS.clear(REQUEST.session_hash)
    assert not any(tab.job_panel.png in step for step in shown)
    assert values[tab.job_state].job is None


def test_closing_the_page_later_frees_the_painting(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    begin(tab, values)
    SESSIONS.clear("bob")
    assert values[tab.job_state].job is not None
    SESSIONS.clear(REQUEST.session_hash)
    assert values[tab.job_state].job is None
    assert values[tab.job_state].result is None


def test_each_visitor_has_a_job_state_of_their_own(page: gr.Blocks, tab: OptimizeTab) -> None:
    one, other = (SessionState(page)[tab.job_state._id] for _ in range(2))
    assert one is not other


def test_waiting_in_the_queue_is_said_beside_the_button(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    panel, form = tab.job_panel, tab.form
    paint, stop, go_on, leave, waiting = panel.wait(values[tab.job_state])
    assert [part["visible"] for part in (paint, stop, go_on, leave)] == [False, False, False, True]
    assert "One picture is painted at a time" in waiting["value"]
    first = next(panel.begin(values, REQUEST))
    assert first[form.leave]["visible"] is False
    assert first[form.waiting] == ""
    resting = dict(zip(form.buttons, panel.rest(OptimizationState()), strict=True))
    assert resting[form.paint] == gr.update(visible=True, value="Paint")
    assert resting[form.leave]["visible"] is False
