"""What a picture shall please, and for experts how it is rendered."""

from typing import Any

import gradio as gr
from gradio.context import Context

from app.errors import UserError
from app.explain.feature_visualization.objective_parser import LONGEST, ObjectiveExpression, parse
from app.explain.feature_visualization.recipes import recipe_for
from app.ui.components.widgets import html
from app.ui.context import AppContext
from app.ui.handlers import ComponentValues, Updates, in_page
from app.ui.tabs.atlas.rendering_job import RenderingSettings
from training.common.depths import CHANNELS, LAYERS

SIZES = (96, 128, 192, 256)
"""Sides of a canvas in pixels; whole cells of every layer fit into them."""

LEAST_STEPS, MOST_STEPS, MOST_SEED = 16, 512, 999_999

FIRST_MOVEMENT = "Impressionism"
"""What is asked for before anything is chosen."""

_DEPTHS = ("fine textures", "textures", "patterns", "things")

_HELP = (
    "A channel, such as conv4_block24:17, or a movement; sums and products of them, such as"
    " conv4_block24:17 + 0.5*Cubism - conv3_block12:4. A place of the map, counted from its middle,"
    " goes after an @: conv4_block24:17@0,-1."
)


class FeatureVisualizationForm:
    """Lays the form out and connects its parts; to be made inside a column.

    The text says what is to be pleased; choosing a channel or a movement writes it there. What a
    person writes is no choice any more, so that the same one can be chosen again.
    """

    def __init__(self, context: AppContext) -> None:
        self.movements = context.classifier.metadata.movements
        self.first = FIRST_MOVEMENT if FIRST_MOVEMENT in self.movements else self.movements[0]
        self._lay_out_choices()
        with gr.Row(elem_classes="button-row"):
            self.render = gr.Button("Render", variant="primary", elem_id="dream-render")
            self.stop = gr.Button("Stop", visible=False, elem_id="dream-stop")
        self.notice = html("", "dream-notice")
        self._lay_out_advanced()
        self.parts = [self.expression, self.size, self.steps, self.seed]
        self._connect()

    def _lay_out_choices(self) -> None:
        layers = [(f"{name}: {words}", name) for name, words in zip(LAYERS, _DEPTHS, strict=True)]
        with gr.Row():
            self.layer = gr.Dropdown(
                layers,
                value=LAYERS[2],
                label="A channel of the layer",
                scale=3,
                min_width=190,
                elem_id="dream-layer",
            )
            self.channel = gr.Number(
                None,
                label="Number",
                placeholder="17",
                precision=0,
                scale=1,
                min_width=90,
                elem_id="dream-channel",
            )
        names = list(self.movements)
        self.movement = gr.Radio(
            names, value=self.first, label="Or a movement", elem_id="dream-movement"
        )
        self.expression = gr.Textbox(
            self.first,
            label="Or anything made of these",
            info=_HELP,
            max_length=LONGEST,
            max_lines=1,
            elem_id="dream-wish",
        )

    def _lay_out_advanced(self) -> None:
        with gr.Accordion("Advanced", open=False, elem_id="dream-advanced"):
            sizes = [(f"{size} px", size) for size in SIZES]
            self.size = gr.Radio(sizes, value=192, label="How large?", elem_id="dream-size")
            self.steps = gr.Slider(
                LEAST_STEPS, MOST_STEPS, 96, step=16, label="Steps", elem_id="dream-steps"
            )
            self.seed = gr.Number(
                0,
                label="Seed",
                info="Another one gives another picture.",
                precision=0,
                elem_id="dream-seed",
            )

    def _connect(self) -> None:
        quick: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "trigger_mode": "always_last",
        }
        page = Context.root_block
        assert page is not None
        # At first the page makes a 0 of None.
        page.load(lambda: None, None, self.channel, **quick)
        chosen = [self.expression, self.movement, self.notice]
        for part in (self.layer, self.channel):
            part.change(self._choose, {self.layer, self.channel}, chosen, **quick)
        named = [self.expression, self.channel]
        self.movement.input(self._name, {self.movement}, named, **quick)
        self.expression.input(lambda: (None, None), None, [self.movement, self.channel], **quick)

    @property
    def chosen(self) -> list[Any]:
        """What `receive` changes."""
        return [self.layer, self.channel, self.expression, self.movement]

    def receive(self, layer: str, channel: int) -> Updates:
        """A channel from elsewhere, as if it was chosen here; for an event handler to return."""
        chosen: Updates = {self.layer: layer, self.channel: channel}
        return chosen | {self.expression: f"{layer}:{channel}", self.movement: None}

    def agree(self, expression: ObjectiveExpression) -> Updates:
        """Let what can be chosen agree with what is rendered; for an event handler to return."""
        alone, text = expression.channel, str(expression)
        named = text if text in self.movements else None
        if alone is None:
            return {self.channel: None, self.movement: named}
        return {self.layer: alone.layer, self.channel: alone.number, self.movement: None}

    @in_page
    def _choose(self, values: ComponentValues) -> Updates:
        """Write down a channel that was chosen, here or elsewhere."""
        layer, number = values[self.layer], values[self.channel]
        if number is None:
            return {self.expression: gr.skip()}
        if layer not in CHANNELS:
            raise UserError("There is no such layer; please reload the page.")
        return {self.expression: f"{layer}:{int(number)}", self.movement: None}

    @in_page
    def _name(self, values: ComponentValues) -> Updates:
        return {self.expression: values[self.movement], self.channel: None}

    def settings(self, values: ComponentValues) -> RenderingSettings:
        """What the form says.

        Raises:
            UserError: it says what cannot be.
        """
        size, steps, seed = values[self.size], values[self.steps], values[self.seed]
        if size not in SIZES:
            raise UserError(f"The size must be one of {', '.join(map(str, SIZES))} pixels.")
        if not _is_whole(steps, 1, MOST_STEPS):
            raise UserError(f"Choose a whole number of steps, at most {MOST_STEPS}.")
        if not _is_whole(seed, 0, MOST_SEED):
            raise UserError(f"The seed must be a whole number from 0 to {MOST_SEED}.")
        expression = parse(str(values[self.expression] or ""), self.movements)
        return RenderingSettings(expression, recipe_for(expression, size, int(steps)), int(seed))


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, (int, float)) and least <= value <= most and value == int(value)
