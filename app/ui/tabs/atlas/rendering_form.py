"""The form of a rendering: what is maximized, and how."""

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
from app.ui.background_job import StopButton
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import QUICK, Updates, errors_in_notice
from app.ui.tabs.atlas.rendering_job import (
    RenderingRequest,
)
from training.common.depths import CHANNELS, LAYERS

SIZES = (96, 128, 192, 256)
"""Sides of a picture in pixels; whole cells of every layer fit into them."""


MIN_STEPS, MAX_STEPS, MAX_SEED = 16, 512, 999_999


FIRST_MOVEMENT = "Impressionism"
"""What is chosen at first."""


_DEPTH_WORDS = (_("fine textures"), _("textures"), _("patterns"), _("things"))


_HELP = _(
    "A channel, such as conv4_block24:17, or a movement; sums and products of them, such as"
    " conv4_block24:17 + 0.5*Cubism - conv3_block12:4. A place of the map, counted from its middle,"
    " goes after an @: conv4_block24:17@0,-1."
)


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
        page.load(lambda: None, None, self.channel, **QUICK)
        outputs = [self.expression, self.movement, self.notice]
        for part in (self.layer, self.channel):
            part.change(self._write_channel, [self.layer, self.channel], outputs, **QUICK)
        self.movement.input(
            self._write_movement, self.movement, [self.expression, self.channel], **QUICK
        )
        self.expression.input(lambda: (None, None), None, [self.movement, self.channel], **QUICK)

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

    @errors_in_notice
    def _write_channel(self, layer: str, number: float | None) -> Updates:
        if number is None:
            return {self.expression: gr.skip()}
        if layer not in CHANNELS:
            raise UserError(_("There is no such layer; please reload the page."))
        return {self.expression: f"{layer}:{int(number)}", self.movement: None}

    @errors_in_notice
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
