"""Feature visualization: the second section of the Atlas tab.

A picture is optimized so that a channel is more active, or a movement's logit higher.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gradio as gr

from app.errors import UserError
from app.translation import gettext as _
from app.ui.background_job import StopButton, run_in_background, scroll_into_view
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import QUICK, Updates, generator_errors_in_notice, progress
from app.ui.tabs.atlas.rendering_form import RenderingForm
from app.ui.tabs.atlas.rendering_job import (
    RenderingJob,
    RenderingState,
    chart_html,
    csv_file,
    job_html,
    npy_file,
    picture_html,
    placeholder_html,
    png_file,
)
from app.ui.wording import duration

BUSY = _("A picture is being rendered here; press Stop first, or wait until it is done.")

_LOADING = f"<p>{_('Loading the network, which takes some seconds')} &hellip;</p>"


_AT_ONCE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}


def _heading_html() -> str:
    title = _("Render what a channel looks for")
    text = _(
        "Start from grey noise and change it step by step, so that a channel responds more"
        " strongly, or the network becomes surer of a movement: a caricature of what it looks"
        " for."
    )
    return f'<header class="section" id="atlas-rendering"><h2>{title}</h2>\n<p>{text}</p></header>'


class FeatureVisualization:
    """The section: its form, the picture, its chart and its files.

    A visitor who leaves ends the job, see `app.ui.sessions`.

    Args:
        context: what the tabs share.
        render_channel: a button elsewhere that renders a channel.
        channel: names that channel, as "conv4_block24/17".

    Attributes:
        job_state: what the visitor has rendered, a `RenderingState`.
        actions: the row below the picture, also for buttons to other tabs.
    """

    def __init__(self, context: AppContext, render_channel: gr.Button, channel: gr.Textbox) -> None:
        self.context = context
        html(_heading_html())
        with gr.Row(elem_classes="two-columns"):
            left = gr.Column(scale=7, min_width=320)
            with gr.Column(scale=4, min_width=300):
                self.form = RenderingForm(context)
        self.notice = self.form.notice
        with left:
            self.picture = html(self._first_picture(), "rendering")
            with gr.Row(elem_classes="button-row") as self.actions:
                self.png = download(_("Picture, PNG"), "rendering-png")
                self.npy = download(_("Picture, NumPy"), "rendering-npy")
                self.csv = download(_("Activations, CSV"), "rendering-csv")
            self.chart = html(chart_html([], None), "rendering-chart")
        self.job_state = gr.State(
            RenderingState(),
            time_to_live=3600 * context.settings.cache_hours,
            delete_callback=RenderingState.clear,
        )
        form = self.form
        chosen = render_channel.click(self._choose_channel, channel, form.choices, **QUICK)
        events = (form.render.click, form.expression.submit, chosen.success)
        form.stop.connect(self.job_state, [self._render_on(event) for event in events])

    def _first_picture(self) -> str:
        """The atlas' own picture of a movement, if there is one."""
        name = self.form.first
        try:
            picture = self.context.assets.atlas.movement(name)
        except (UserError, KeyError):
            return placeholder_html()
        return picture_html(
            picture, name, _("is what this picture was made to look like to the network.")
        )

    def _render_on(self, event: Callable[..., Any]) -> Any:
        """Render what the form says whenever something happens; returns the rendering's event."""
        form = self.form
        rendered = event(
            self._render,
            [self.job_state, *form.inputs],
            self.outputs,
            js=scroll_into_view("rendering"),
            api_visibility="private",
            # Gradio shows there the place in the queue.
            show_progress_on=self.notice,
            concurrency_id="rendering",
            concurrency_limit=1,
        )
        rendered.then(lambda: gr.update(visible=True), None, form.render, **_AT_ONCE)
        return rendered

    @property
    def outputs(self) -> list[Any]:
        """Everything that changes while a picture is rendered."""
        form = self.form
        shown = [self.picture, self.chart, self.notice, self.png, self.npy, self.csv]
        return [*shown, form.render, form.stop.button, form.movement, form.layer, form.channel]

    def _choose_channel(self, channel: str) -> Updates:
        layer, _slash, number = channel.partition("/")
        return self.form.receive(layer, int(number))

    @generator_errors_in_notice
    def _render(
        self,
        state: RenderingState,
        expression: str | None,
        size: object,
        steps: object,
        seed: object,
        request: gr.Request,
    ) -> Iterator[Updates]:
        with state.running(request, BUSY):
            asked = self.form.read(expression, size, steps, seed)
            state.job = job = RenderingJob(asked, self.context.settings.provider)
            yield {
                self.form.render: gr.update(visible=False),
                self.form.stop.button: StopButton.offered(),
                self.notice: _LOADING,
            } | self.form.show(asked.expression)
            for _step in run_in_background(partial(job.run, state), state.stop):
                yield self._show_progress(job)
        if not state.left:
            yield self._show_result(job)

    def _show_progress(self, job: RenderingJob) -> Updates:
        if job.last is None:
            return {self.notice: _LOADING}
        doing = _("Step {step} of {total}").format(step=job.last.step, total=job.last.total)
        return self._show(job) | {self.notice: progress(job.last, doing)}

    def _show(self, job: RenderingJob) -> Updates:
        drawn = chart_html(list(job.activations), job.request.expression)
        return {self.picture: job_html(job), self.chart: drawn}

    def _show_result(self, job: RenderingJob) -> Updates:
        """The best picture, and it as files."""
        if job.last is None:
            words = _("Stopped before the first step.")
            return {self.notice: f'<p role="status">{words}</p>'}
        seconds = duration(job.last.seconds)
        done = _("Rendered, in {seconds}.").format(seconds=seconds)
        if not job.finished:
            done = _("Stopped at step {step}, in {seconds}.").format(
                step=job.last.step, seconds=seconds
            )
        hint = _("The same seed gives the same picture again.")
        return self._show(job) | {
            self.notice: f'<p class="small" role="status">{done} {hint}</p>',
            self.png: file_update(*png_file(job)),
            self.npy: file_update(*npy_file(job)),
            self.csv: file_update(*csv_file(job)),
        }
