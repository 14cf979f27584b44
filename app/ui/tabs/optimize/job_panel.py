"""Painting itself: the handlers of Paint, Stop and Go on, and what they show of a painting."""

import tempfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.imaging import encode_jpeg
from app.translation import gettext as _
from app.ui.background_job import StopButton, run_in_background, scroll_into_view
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html, section, video_html
from app.ui.context import SESSION_EXPIRED, AppContext
from app.ui.handlers import ComponentValues, Updates, generator_errors_in_notice, progress
from app.ui.tabs.optimize.form import OptimizeForm
from app.ui.tabs.optimize.job import OptimizationJob, OptimizationState
from app.ui.tabs.optimize.job_view import (
    TIMES_SIGN,
    before_first_step,
    compare_job,
    done_html,
    losses_chart,
    planned_html,
)
from app.ui.tabs.optimize.parameters import store
from app.ui.tabs.optimize.session import OptimizeSession, OptimizeSettings
from training.common.preprocessing import fit

BUSY = _("A picture is being painted here; press Stop first, or wait until it is done.")


class JobPanel:
    """Lays out what belongs to a painting, below the compare slider; the tab connects it.

    A visitor who leaves ends the painting, see `JobState.running`.

    Args:
        context: limits, and the stylizer.
        compare_slider: which shows the painting.
    """

    def __init__(self, context: AppContext, compare_slider: gr.HTML) -> None:
        self.context, self.compare_slider = context, compare_slider
        self.notice = html("", "slowly-progress")
        with gr.Row(elem_classes="button-row") as self.row:  # Also for buttons to other tabs.
            self.png = download(_("Download PNG"), "slowly-save")
            self.jpeg = download(_("Download JPEG"), "slowly-jpeg")
            self.mp4 = download(_("Time-lapse, MP4"), "slowly-mp4")
            self.gif = download(_("Time-lapse, GIF"), "slowly-gif")
        self.job_state = gr.State(
            OptimizationState(),
            time_to_live=3600 * context.settings.cache_hours,
            delete_callback=OptimizationState.clear,
        )

    def lay_out_history(self) -> None:
        """The folded section with the losses and the plan."""
        section(_("How it went"), _("The losses of every step, and all steps as a time-lapse."))
        with gr.Row(elem_classes="room history"):
            with gr.Column(scale=7, min_width=320):
                self.chart = html(losses_chart(None), "slowly-losses")
            with gr.Column(scale=4, min_width=300):
                empty = _("Here you can watch afterwards how it came about.")
                self.timelapse = html(f'<p class="small empty">{empty}</p>', "slowly-timelapse")

    def connect(
        self,
        form: OptimizeForm,
        inputs: set[Block],
        read_inputs: Callable[[ComponentValues], tuple[OptimizeSession, OptimizeSettings]],
    ) -> None:
        """Connect the buttons, once everything is laid out.

        Args:
            form: with the buttons.
            inputs: components that `read_inputs` needs.
            read_inputs: reads what to paint.
        """
        self.form, self.read_inputs = form, read_inputs
        job_state, buttons = self.job_state, form.buttons
        downloads = [self.png, self.jpeg, self.mp4, self.gif]
        outputs = [self.notice, *downloads, self.chart, self.timelapse, *buttons]
        outputs += [self.compare_slider, job_state]
        # Only while it waits for its turn: then Gradio says at which place in the queue, below the
        # button and below the compare slider, one of which is in sight.
        waiting: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress_on": [form.waiting, self.notice],
            **self.context.optimization_queue,
        }
        at_once: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "queue": False,
        }
        running = []
        for button, handler in ((form.paint, self.begin), (form.go_on, self.go_on)):
            pressed = button.click(
                self.wait, job_state, buttons, js=scroll_into_view("slowly"), **at_once
            )
            painted = pressed.then(handler, {*inputs, job_state}, outputs, **waiting)
            painted.then(self.rest, job_state, buttons, **at_once)  # Whatever its outcome.
            running.append(painted)
        left = form.leave.click(None, cancels=running)
        left.then(self.rest, job_state, buttons, **at_once)
        form.stop_button.connect(job_state, running)

    @generator_errors_in_notice
    def begin(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        """The handler of Paint."""
        state: OptimizationState = values[self.job_state]
        with state.running(request, BUSY):
            session, settings = self.read_inputs(values)
            yield self._started(_("Looking at both pictures"))
            spec = session.spec(self.context.bundle, settings)
            provider = self.context.settings.provider
            state.job = OptimizationJob(session, settings, spec, provider)
            yield from self._run(state, state.job)
        yield from self._finish(state)

    @generator_errors_in_notice
    def go_on(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        """The handler of Go on."""
        state: OptimizationState = values[self.job_state]
        with state.running(request, BUSY):
            job = state.job
            if job is None or job.picture is None:
                raise UserError(SESSION_EXPIRED)
            if job.finished:
                job.extend()
            yield self._started(_("Going on"))
            yield from self._run(state, job)
        yield from self._finish(state)

    def _run(self, state: OptimizationState, job: OptimizationJob) -> Iterator[Updates]:
        """Paint, and show each step."""
        job.stop_requested = state.stop_requested
        try:
            for _turn in run_in_background(job.run, job.stop):
                yield self._progress(job)
        except UserError:
            if job.picture is None:  # There is nothing to continue.
                state.job = None
            raise
        except Exception:
            state.clear()
            raise

    def _finish(self, state: OptimizationState) -> Iterator[Updates]:
        """The painting and its files, unless the visitor has left."""
        job = state.job
        if job is None or state.left:
            return
        notice = f"<p>{_('Preparing the files &hellip;')}</p>"
        yield self._show(job) | {self.notice: notice}
        assert job.picture is not None
        title = _("{title}, painted").format(title=job.session.uploaded.title)
        styles = job.session.style_mix.description()
        state.result = title, job.picture, _("Painted here after {styles}.").format(styles=styles)
        yield self._files(job) | {self.job_state: state}

    def _progress(self, job: OptimizationJob) -> Updates:
        if job.last is None:
            return {self.notice: f"<p>{escape(before_first_step(job))} &hellip;</p>"}
        step, plan = job.last, job.last.plan
        level = plan.levels[step.level]
        doing = _("Scale {scale} of {scales}, {size}, step {step} of {steps}").format(
            scale=step.level + 1,
            scales=len(plan.levels),
            size=f"{level.width} {TIMES_SIGN} {level.height}",
            step=step.step,
            steps=step.total,
        )
        return self._show(job) | {self.notice: progress(step, doing) + planned_html(job)}

    def _show(self, job: OptimizationJob) -> Updates:
        return {self.compare_slider: compare_job(job).update(), self.chart: losses_chart(job)}

    def _files(self, job: OptimizationJob) -> Updates:
        """The painting with its settings, and its time-lapse, as files."""
        title = job.session.uploaded.title
        name = f"{title.rpartition('.')[0] or title} painted"
        assert job.picture is not None
        png = encode_with_parameters(job.picture, store(job))
        with tempfile.TemporaryDirectory() as folder:
            mp4, gif = Path(folder) / "timelapse.mp4", Path(folder) / "timelapse.gif"
            job.timelapse.mp4(mp4)
            job.timelapse.gif(gif)
            return {
                self.png: file_update(png, f"{name}.png"),
                self.jpeg: file_update(encode_jpeg(job.picture), f"{name}.jpg"),
                self.mp4: file_update(mp4.read_bytes(), f"{name}.mp4"),
                self.gif: file_update(gif.read_bytes(), f"{name}.gif"),
                self.timelapse: video_html(mp4, fit(job.picture, 640)),
                self.notice: done_html(job, len(png)),
            }

    def _started(self, doing: str) -> Updates:
        form = self.form
        return {
            form.paint: gr.update(visible=False),
            form.go_on: gr.update(visible=False),
            form.leave: gr.update(visible=False),
            form.waiting: "",
            form.stop_button.button: StopButton.offered(),
            self.notice: f"<p>{doing} &hellip;</p>",
        }

    def wait(self, state: OptimizationState) -> list[dict[str, Any]]:
        """What the buttons show until it is this visitor's turn."""
        if state.busy:
            return [gr.skip()] * len(self.form.buttons)
        sentence = _(
            "One picture is painted at a time; yours begins by itself, or leave the queue."
        )
        hidden, shown = gr.update(visible=False), gr.update(visible=True)
        waiting = gr.update(value=f'<p role="status">{sentence}</p>')
        return [hidden, hidden, hidden, shown, waiting]

    def rest(self, state: OptimizationState) -> list[dict[str, Any]]:
        """What the buttons show while nothing is painted."""
        go_on = ""
        if state.job is not None:
            go_on = _("Go on, as long again") if state.job.finished else _("Go on")
        return [
            gr.update(visible=True, value=_("Paint again") if go_on else _("Paint")),
            gr.update(visible=False),
            gr.update(visible=bool(go_on), value=go_on or _("Go on")),
            gr.update(visible=False),
            gr.update(value=""),
        ]
