"""Feature visualization: the second section of the Atlas tab.

A picture is optimized so that a channel is more active, or a movement's logit higher.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gradio as gr
from gradio.context import Context

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import (
    MAX_LENGTH,
    ObjectiveExpression,
    parse,
)
from app.explain.feature_visualization.rendering_config import config_for
from app.translation import gettext as _
from app.ui.background_job import StopButton, run_in_background, scroll_into_view
from app.ui.components.downloads import download, file_update
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import Updates, in_page, progress, step_by_step
from app.ui.tabs.atlas.rendering_job import (
    RenderingJob,
    RenderingRequest,
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
from training.common.depths import CHANNELS, LAYERS

SIZES = (96, 128, 192, 256)
"""Sides of a picture in pixels; whole cells of every layer fit into them."""

MIN_STEPS, MAX_STEPS, MAX_SEED = 16, 512, 999_999

FIRST_MOVEMENT = "Impressionism"
"""What is chosen at first."""

BUSY = _("A picture is being rendered here; press Stop first, or wait until it is done.")

_LOADING = f"<p>{_('Loading the network, which takes some seconds')} &hellip;</p>"

_QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "always_last",
}

_AT_ONCE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}

_DEPTH_WORDS = (_("fine textures"), _("textures"), _("patterns"), _("things"))

_HELP = _(
    "A channel, such as conv4_block24:17, or a movement; sums and products of them, such as"
    " conv4_block24:17 + 0.5*Cubism - conv3_block12:4. A place of the map, counted from its middle,"
    " goes after an @: conv4_block24:17@0,-1."
)


def _heading_html() -> str:
    title = _("Render what a channel looks for")
    text = _(
        "Start from grey noise and change it step by step, so that a channel responds more"
        " strongly, or the network becomes surer of a movement: a caricature of what it looks"
        " for."
    )
    return f'<header class="section" id="atlas-rendering"><h2>{title}</h2>\n<p>{text}</p></header>'


class RenderingForm:
    """The form: what is maximized, and under Advanced how; to be made inside a column.

    The text says what is maximized; choosing a channel or a movement writes it there. What a person
    writes clears the choice, so that the same one can be chosen again.

    Attributes:
        inputs: what `read` takes, in its order.
        choices: what `receive` changes.
    """

    def __init__(self, context: AppContext) -> None:
        self.movements = context.classifier.metadata.movements
        self.first = FIRST_MOVEMENT if FIRST_MOVEMENT in self.movements else self.movements[0]
        self._lay_out_choices()
        with gr.Row(elem_classes="button-row"):
            self.render = gr.Button(_("Render"), variant="primary", elem_id="rendering-render")
            self.stop = StopButton("rendering-stop")
        self.notice = html("", "rendering-notice")
        self._lay_out_advanced()
        self.inputs = [self.expression, self.size, self.steps, self.seed]
        self.choices: list[Any] = [self.layer, self.channel, self.expression, self.movement]
        self._connect()

    def _lay_out_choices(self) -> None:
        depths = zip(LAYERS, _DEPTH_WORDS, strict=True)
        with gr.Row():
            self.layer = gr.Dropdown(
                [(f"{name}: {words}", name) for name, words in depths],
                value=LAYERS[2],
                label=_("A channel of the layer"),
                scale=3,
                min_width=190,
                elem_id="rendering-layer",
            )
            self.channel = gr.Number(
                None,
                label=_("Number"),
                placeholder="17",
                precision=0,
                scale=1,
                min_width=90,
                elem_id="rendering-channel",
            )
        self.movement = gr.Radio(
            list(self.movements),
            value=self.first,
            label=_("Or a movement"),
            elem_id="rendering-movement",
        )
        self.expression = gr.Textbox(
            self.first,
            label=_("Or a combination of these"),
            info=_HELP,
            max_length=MAX_LENGTH,
            max_lines=1,
            elem_id="rendering-expression",
        )

    def _lay_out_advanced(self) -> None:
        with gr.Accordion(_("Advanced"), open=False, elem_id="rendering-advanced"):
            self.size = gr.Radio(
                [(f"{size} px", size) for size in SIZES],
                value=192,
                label=_("How large?"),
                elem_id="rendering-size",
            )
            self.steps = gr.Slider(
                MIN_STEPS, MAX_STEPS, 96, step=16, label=_("Steps"), elem_id="rendering-steps"
            )
            self.seed = gr.Number(
                0,
                label=_("Seed"),
                info=_("Another seed gives another picture."),
                precision=0,
                elem_id="rendering-seed",
            )

    def _connect(self) -> None:
        page = Context.root_block
        assert page is not None
        # At first the page makes a 0 of None.
        page.load(lambda: None, None, self.channel, **_QUICK)
        outputs = [self.expression, self.movement, self.notice]
        for part in (self.layer, self.channel):
            part.change(self._write_channel, [self.layer, self.channel], outputs, **_QUICK)
        self.movement.input(
            self._write_movement, self.movement, [self.expression, self.channel], **_QUICK
        )
        self.expression.input(lambda: (None, None), None, [self.movement, self.channel], **_QUICK)

    def receive(self, layer: str, channel: int) -> Updates:
        """A channel from elsewhere, as if it was chosen here; for an event handler to return."""
        chosen: Updates = {self.layer: layer, self.channel: channel}
        return chosen | {self.expression: f"{layer}:{channel}", self.movement: None}

    def show(self, expression: ObjectiveExpression) -> Updates:
        """Choose what is rendered, where it can be chosen; for an event handler to return."""
        channel, text = expression.channel, str(expression)
        if channel is None:
            named = text if text in self.movements else None
            return {self.channel: None, self.movement: named}
        return {self.layer: channel.layer, self.channel: channel.number, self.movement: None}

    @in_page
    def _write_channel(self, layer: str, number: float | None) -> Updates:
        if number is None:
            return {self.expression: gr.skip()}
        if layer not in CHANNELS:
            raise UserError(_("There is no such layer; please reload the page."))
        return {self.expression: f"{layer}:{int(number)}", self.movement: None}

    @in_page
    def _write_movement(self, movement: str) -> Updates:
        return {self.expression: movement, self.channel: None}

    def read(
        self, expression: str | None, size: object, steps: object, seed: object
    ) -> RenderingRequest:
        """What the form says; values come from a browser, so they may be anything.

        Raises:
            UserError: it says what cannot be.
        """
        side = next((each for each in SIZES if each == size), None)
        if side is None:
            sizes = ", ".join(map(str, SIZES))
            raise UserError(_("The size must be one of {sizes} pixels.").format(sizes=sizes))
        whole_steps, whole_seed = _whole(steps, 1, MAX_STEPS), _whole(seed, 0, MAX_SEED)
        if whole_steps is None:
            reason = _("Choose a whole number of steps, at most {most}.")
            raise UserError(reason.format(most=MAX_STEPS))
        if whole_seed is None:
            reason = _("The seed must be a whole number from 0 to {most}.")
            raise UserError(reason.format(most=MAX_SEED))
        parsed = parse(str(expression or ""), self.movements)
        return RenderingRequest(parsed, config_for(parsed, side, whole_steps), whole_seed)


def _whole(value: object, least: int, most: int) -> int | None:
    """A whole number within limits, else None."""
    if isinstance(value, int | float) and least <= value <= most and value == int(value):
        return int(value)
    return None


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
        chosen = render_channel.click(self._choose_channel, channel, form.choices, **_QUICK)
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

    @step_by_step
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
