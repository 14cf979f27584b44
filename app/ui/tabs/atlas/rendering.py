"""Pictures made to please a channel or a movement: the second section of the Atlas tab."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.imaging import encode_png
from app.ui.background_job import StopButton, scroll_into_view, stop_heard
from app.ui.components.downloads import download, file_update, npy_bytes
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, progress, step_by_step
from app.ui.sessions import SESSIONS
from app.ui.tabs.atlas.rendering_form import FeatureVisualizationForm
from app.ui.tabs.atlas.rendering_job import RenderingJob, RenderingState
from app.ui.tabs.atlas.rendering_view import (
    WARNING,
    chart,
    figure,
    file_name,
    nothing_yet,
    shown,
    strength,
    table,
)
from app.ui.wording import duration

BUSY = "A picture is being rendered here; press Stop first, or wait until it is done."

_WAKING = "<p>Loading the network, which takes some seconds &hellip;</p>"

_AT_ONCE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "queue": False,
}

_OPENING = """
<header class="section" id="atlas-dream"><h2>Paint what a channel looks for</h2>
<p>Begin with grey noise and change it, step by step, so that a channel answers more strongly, or
that the network is surer of a movement: its own caricature of what it looks for.</p></header>"""


class FeatureVisualization:
    """Lays the section out and connects it.

    A visitor who leaves ends the work, see `app.ui.sessions`.

    Attributes:
        form: where a channel can be set from outside, see `FeatureVisualizationForm.receive`.
    """

    def __init__(self, context: AppContext) -> None:
        self.context = context
        html(_OPENING)
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            with gr.Column(scale=4, min_width=300):
                self.form = FeatureVisualizationForm(context)
        self.notice = self.form.notice
        with left:
            self.picture = html(self._first(), "dream")
            with gr.Row(
                elem_classes="button-row"
            ) as self.actions:  # Also for buttons to other tabs.
                self.png = download("Picture, PNG", "dream-png")
                self.raw = download("Picture, NumPy", "dream-npy")
                self.csv = download("Activations, CSV", "dream-csv")
            self.chart = html(chart([], None), "dream-chart")
        rest = 3600 * context.settings.cache_hours
        self.job_state = gr.State(
            RenderingState(), time_to_live=rest, delete_callback=RenderingState.clear
        )
        self.inputs: set[Block] = {self.job_state, *self.form.parts}
        self._connect()

    def _first(self) -> str:
        """The atlas' own picture of a movement, if there is one."""
        name = self.form.first
        try:
            picture = self.context.assets.atlas.movement(name)
        except (UserError, KeyError):
            return nothing_yet()
        return figure(picture, name, "is what this picture was made to look like to the network.")

    def _connect(self) -> None:
        form = self.form
        for event in (form.render.click, form.expression.submit):
            self.render_on(event)
        form.stop.click(self._stop, self.job_state, form.stop, **_AT_ONCE)

    def render_on(self, event: Callable[..., Any]) -> None:
        """Render what the form says whenever something happens, such as a button's `click`."""
        # Only while it waits for its turn: then Gradio says at which place in the line.
        waits: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress_on": self.notice,
            "concurrency_id": "dream",
            "concurrency_limit": 1,
        }
        rendered = event(
            self._begin, self.inputs, self.outputs, js=scroll_into_view("dream"), **waits
        )
        # Whatever came of it.
        buttons = [self.form.render, self.form.stop]
        rendered.then(self._rest, self.job_state, buttons, **_AT_ONCE)

    @property
    def outputs(self) -> list[Any]:
        """Everything that changes while a picture is rendered."""
        form = self.form
        parts = [self.picture, self.chart, self.notice, form.render, form.stop, form.movement]
        return [*parts, form.layer, form.channel, self.job_state, self.png, self.raw, self.csv]

    @step_by_step
    def _begin(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        job_state: RenderingState = values[self.job_state]
        if job_state.busy:
            raise UserError(BUSY)
        run = RenderingJob(self.form.settings(values), self.context.settings.provider)
        job_state.run, job_state.busy = run, True
        SESSIONS.clear_on_leaving(request, job_state)
        turns = run.follow()
        try:
            yield self._busy() | self.form.agree(run.settings.expression)
            for _ in turns:
                yield self._turn(run)
        finally:
            turns.close()  # type: ignore[attr-defined]
            job_state.busy = False
        if job_state.run is run:  # Else the visitor has left.
            yield self._finished(run)

    def _busy(self) -> Updates:
        return {
            self.form.render: gr.update(visible=False),
            self.form.stop: StopButton.offered(),
            self.notice: _WAKING,
        }

    def _turn(self, run: RenderingJob) -> Updates:
        if run.last is None:
            return {self.notice: _WAKING}
        doing = f"Step {run.last.step} of {run.last.total}"
        return self._show(run) | {self.notice: progress(run.last, doing)}

    def _show(self, run: RenderingJob) -> Updates:
        drawn = chart(list(run.activations), run.settings.expression)
        return {self.picture: shown(run), self.chart: drawn}

    def _finished(self, run: RenderingJob) -> Updates:
        """The best picture, and it as files."""
        if run.last is None or run.picture is None:
            return {self.notice: '<p role="status">Stopped before the first step.</p>'}
        name, expression = file_name(run), str(run.settings.expression)
        text = {
            "Title": expression,
            "Description": f"{WARNING} Seed {run.settings.seed}; {strength(run)}.",
            "Software": "Deep Brush",
        }
        stopped = run.last.step < run.settings.recipe.steps
        words = f"Stopped at step {run.last.step}" if stopped else "Rendered"
        return self._show(run) | {
            self.notice: f'<p class="small" role="status">{words}, in'
            f" {duration(run.last.seconds)}. The same seed gives the same picture again.</p>",
            self.png: file_update(encode_png(run.picture, text), f"{name}.png"),
            self.raw: file_update(npy_bytes(run.picture), f"{name}.npy"),
            self.csv: file_update(table(run), f"{name}.csv"),
        }

    @staticmethod
    def _rest(job_state: RenderingState) -> list[dict[str, Any]]:
        return [gr.update(visible=not job_state.busy), gr.update(visible=job_state.busy)]

    @staticmethod
    def _stop(job_state: RenderingState) -> dict[str, Any]:
        if job_state.run is not None:
            job_state.run.enough = True
        return stop_heard()
