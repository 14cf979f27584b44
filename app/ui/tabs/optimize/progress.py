"""Painting itself: the handlers of Paint, Stop and Go on, and what is taken home in the end."""

import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.errors import UserError
from app.generation_parameters import encode_with_parameters
from app.imaging import encode_jpeg
from app.optimize.recipe import NETWORKS
from app.ui.background_job import StopButton, scroll_into_view, stop_heard
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html, section, video_html
from app.ui.context import SESSION_EXPIRED
from app.ui.handlers import ComponentValues, Updates, progress, step_by_step
from app.ui.sessions import SESSIONS
from app.ui.tabs.optimize.comparison import compare_job, losses_chart, plan_words
from app.ui.tabs.optimize.job import JobState, OptimizationJob
from app.ui.tabs.optimize.parameters import write
from app.ui.wording import duration
from training.common.preprocessing import fit

if TYPE_CHECKING:
    from app.ui.tabs.optimize.tab import OptimizeTab

BUSY = "A picture is being painted here; press Stop first, or wait until it is done."

_IN_LINE = (
    '<p role="status">One picture is painted at a time; yours begins by itself, or leave the line.'
    "</p>"
)
_NO_FILM = '<p class="small empty">Here you can watch afterwards how it came about.</p>'


class JobPanel:
    """Lays out what belongs to a painting, below the easel; the tab connects it.

    A visitor who leaves ends the painting: the desk is cleared, see `app.ui.sessions`.
    """

    def __init__(self, tab: "OptimizeTab") -> None:
        self.tab = tab
        self.notice = html("", "slowly-progress")
        with gr.Row(elem_classes="button-row") as self.row:  # Also for buttons to other tabs.
            self.save = download("Download PNG", "slowly-save")
            self.jpeg = download("Download JPEG", "slowly-jpeg")
            self.mp4 = download("Film, MP4", "slowly-mp4")
            self.gif = download("Film, GIF", "slowly-gif")

    def lay_out_story(self) -> None:
        """The section on how it went."""
        section("How it went", "The losses of every step, and all steps as a film.")
        with gr.Row(elem_classes="two-columns story"):
            with gr.Column(scale=7, min_width=320):
                self.chart = html(losses_chart(None), "slowly-losses")
            with gr.Column(scale=4, min_width=300):
                self.film = html(_NO_FILM, "slowly-film")

    @property
    def outputs(self) -> list[Any]:
        """Everything that changes while it is painted."""
        parts = [self.notice, self.save, self.jpeg, self.mp4, self.gif, self.chart, self.film]
        return [*parts, *self.tab.form.buttons, self.tab.compare_slider, self.tab.job_state]

    def connect(self) -> None:
        """To be called once everything is laid out."""
        form, job_state = self.tab.form, self.tab.job_state
        usual: dict[str, Any] = {"api_visibility": "private"}
        # Only while it waits for its turn: then Gradio says at which place in the line, below the
        # button and below the easel, one of which is in sight.
        waits = usual | {
            "show_progress_on": [form.waiting, self.notice],
            **self.tab.context.slow,
        }
        at_once = usual | {"show_progress": "hidden", "queue": False}
        lines = []
        for button, handler in ((form.paint, self._begin), (form.go_on, self._go_on)):
            pressed = button.click(
                self._wait, job_state, form.buttons, js=scroll_into_view("slowly"), **at_once
            )
            painted = pressed.then(handler, self.tab.inputs, self.outputs, **waits)
            # Whatever came of it.
            painted.then(self._rest, job_state, form.buttons, **at_once)
            lines.append(painted)
        left = form.leave.click(None, cancels=lines)
        left.then(self._rest, job_state, form.buttons, **at_once)
        form.stop.click(self._stop, job_state, form.stop, **at_once)

    @step_by_step
    def _begin(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        tab, job_state = self.tab, values[self.tab.job_state]
        self._check(job_state)
        session, settings = tab.session(values), tab.form.settings(values)
        yield self._busy("Looking at both pictures")
        spec = session.spec(tab.context.bundle, settings)
        job_state.run = OptimizationJob(session, settings, spec, tab.context.settings.provider)
        yield from self._follow(job_state, job_state.run, request)

    @step_by_step
    def _go_on(self, values: ComponentValues, request: gr.Request) -> Iterator[Updates]:
        job_state: JobState = values[self.tab.job_state]
        self._check(job_state)
        if job_state.run is None or job_state.run.picture is None:
            raise UserError(SESSION_EXPIRED)
        if job_state.run.finished:
            job_state.run.extend()
        yield self._busy("Going on")
        yield from self._follow(job_state, job_state.run, request)

    def _follow(
        self, job_state: JobState, run: OptimizationJob, request: gr.Request
    ) -> Iterator[Updates]:
        """Show how a painting comes about; what to take home, in the end."""
        SESSIONS.clear_on_leaving(request, job_state)
        job_state.busy = True
        turns = run.follow()
        left = True
        try:
            for _ in turns:
                yield self._turn(run)
            left = job_state.run is not run
        except UserError:
            left = run.picture is None  # Nothing to go on with.
            raise
        finally:
            turns.close()  # type: ignore[attr-defined]
            job_state.busy = False
            if left:
                job_state.clear()
        if left:
            return
        yield self._show(run) | {self.notice: "<p>Preparing the files &hellip;</p>"}
        made = f"Painted here after {run.session.style_mix.words()}."
        assert run.picture is not None
        job_state.home = run.picture, f"{run.session.uploaded.title}, painted", made
        yield self._frame(run) | {self.tab.job_state: job_state}

    def _turn(self, run: OptimizationJob) -> Updates:
        if run.last is None:
            return {self.notice: f"<p>{escape(_waiting(run))} &hellip;</p>"}
        step, plan = run.last, run.last.plan
        level = plan.levels[step.level]
        doing = (
            f"Scale {step.level + 1} of {len(plan.levels)}, {level.width} \N{MULTIPLICATION SIGN}"
            f" {level.height}, step {step.step} of {step.total}"
        )
        return self._show(run) | {self.notice: progress(step, doing) + _planned(run)}

    def _show(self, run: OptimizationJob) -> Updates:
        return {self.tab.compare_slider: compare_job(run).update(), self.chart: losses_chart(run)}

    def _frame(self, run: OptimizationJob) -> Updates:
        """The painting with its receipt, and its films, as files."""
        name = (
            f"{run.session.uploaded.title.rpartition('.')[0] or run.session.uploaded.title} painted"
        )
        assert run.picture is not None
        png = encode_with_parameters(run.picture, write(run))
        with tempfile.TemporaryDirectory() as folder:
            mp4, gif = Path(folder) / "film.mp4", Path(folder) / "film.gif"
            run.film.mp4(mp4)
            run.film.gif(gif)
            return {
                self.save: file_update(png, f"{name}.png"),
                self.jpeg: file_update(encode_jpeg(run.picture), f"{name}.jpg"),
                self.mp4: file_update(mp4.read_bytes(), f"{name}.mp4"),
                self.gif: file_update(gif.read_bytes(), f"{name}.gif"),
                self.film: video_html(mp4, fit(run.picture, 640)),
                self.notice: _done(run, len(png)),
            }

    def _busy(self, doing: str) -> Updates:
        form = self.tab.form
        return {
            form.paint: gr.update(visible=False),
            form.go_on: gr.update(visible=False),
            form.leave: gr.update(visible=False),
            form.waiting: "",
            form.stop: StopButton.offered(),
            self.notice: f"<p>{doing} &hellip;</p>",
        }

    def _wait(self, job_state: JobState) -> list[dict[str, Any]]:
        """What the buttons show until it is this visitor's turn."""
        if job_state.busy:
            return [gr.skip()] * len(self.tab.form.buttons)
        gone, there = gr.update(visible=False), gr.update(visible=True)
        return [gone, gone, gone, there, gr.update(value=_IN_LINE)]

    def _rest(self, job_state: JobState) -> list[dict[str, Any]]:
        more = ""
        if job_state.run is not None:
            more = "Go on" if not job_state.run.finished else "Go on, as long again"
        return [
            gr.update(visible=True, value="Paint anew" if more else "Paint"),
            gr.update(visible=False),
            gr.update(visible=bool(more), value=more or "Go on"),
            gr.update(visible=False),
            gr.update(value=""),
        ]

    @staticmethod
    def _stop(job_state: JobState) -> dict[str, Any]:
        if job_state.run is not None:
            job_state.run.enough = True
        return stop_heard()

    @staticmethod
    def _check(job_state: JobState) -> None:
        if job_state.busy:
            raise UserError(BUSY)


def _waiting(run: OptimizationJob) -> str:
    """What is done before the first step."""
    network = NETWORKS[run.settings.network]
    if run.plan is not None:
        return f"Beginning: {plan_words(run.plan)}"
    if 0 < run.downloaded < 1:
        return f"Downloading {network}, {100 * run.downloaded:.0f} % of it are here"
    return f"Loading the {network} and trying a few steps, which takes some seconds"


def _planned(run: OptimizationJob) -> str:
    """HTML of the plan, and of what in it differs from the wish."""
    assert run.plan is not None
    notices = " ".join(run.plan.notices)
    return f'<p class="small">Planned: {plan_words(run.plan)}. {escape(notices)}</p>'


def _done(run: OptimizationJob, size: int) -> str:
    """HTML of what has come about."""
    assert run.picture is not None
    assert run.last is not None
    assert run.plan is not None
    height, width = run.picture.shape[:2]
    how = "Painted" if run.finished else f"Stopped at step {run.last.step} of {run.last.total}"
    notices = escape(" ".join(run.plan.notices))
    return (
        f'<p role="status">{how}, in {duration(run.seconds)} and {run.steps} steps:'
        f" {width} &times; {height} pixels. {notices}</p>"
        f'<p class="small">The PNG has {size / 1e6:.1f} MB and holds styles and settings: drop it'
        " here to restore them. A JPEG is smaller and holds none.</p>"
    )
