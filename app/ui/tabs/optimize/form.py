"""How long and how large to paint, and for experts how; see `app.ui.tabs.optimize.advanced`."""

from dataclasses import replace
from typing import Any

import gradio as gr

from app.errors import UserError
from app.optimize.recipe import OptimizeRecipe
from app.ui.components.widgets import html
from app.ui.tabs.optimize.advanced import Advanced
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.stylize.masking import MaskForm
from app.ui.tabs.stylize.widgets import (
    MixingSlider,
    mixing_sliders,
    slider_positions,
    slider_values,
)

TIMES = {10: "10 s", 30: "30 s", 60: "1 min", 120: "2 min", 300: "5 min", 600: "10 min"}
"""Seconds that may be asked for, in words."""

SIZES = {384: "preview", 512: "fine", 768: "large", 0: "as large as the time allows"}
"""Longest side of the painting in pixels, in words; 0 leaves it to the engine."""

FIRST_TIME, FIRST_SIZE = 60, 512

BALANCE = [MixingSlider("Photograph \N{LEFT RIGHT ARROW} painting")]
USUAL = OptimizeRecipe("").balance


class OptimizeForm:
    """Lays the form out; to be made inside a column.

    The button stands between the two questions that everybody answers and those of the experts.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.

    Attributes:
        leave: a button for whoever waits in line.
        waiting: says so, beside the button that was pressed.
    """

    def __init__(self, masks: MaskForm) -> None:
        times = [(words, seconds) for seconds, words in TIMES.items()]
        self.time = gr.Radio(
            times, value=FIRST_TIME, label="How long may it take?", elem_id="slowly-time"
        )
        sizes = [(_size(side), side) for side in SIZES]
        self.size = gr.Radio(sizes, value=FIRST_SIZE, label="How large?", elem_id="slowly-size")
        self.balance = mixing_sliders(BALANCE, [100 * USUAL], "slowly-balance")
        with gr.Row(elem_classes="button-row"):
            self.paint = gr.Button("Paint", variant="primary", elem_id="slowly-paint")
            self.stop = gr.Button("Stop", visible=False, elem_id="slowly-stop")
            self.go_on = gr.Button(
                "Go on", visible=False, elem_id="slowly-go-on", elem_classes="quiet"
            )
            self.leave = gr.Button(
                "Leave the line", visible=False, elem_id="slowly-leave", elem_classes="quiet"
            )
        self.waiting = html("", "slowly-waiting")
        self.buttons = [self.paint, self.stop, self.go_on, self.leave, self.waiting]
        self.advanced = Advanced(masks)
        self.parts = [self.time, self.size, self.balance, *self.advanced.parts]

    def settings(self, said: dict[Any, Any]) -> OptimizeSettings:
        """What the parts say.

        Raises:
            UserError: one of them says what it cannot.
        """
        seconds, side = said[self.time], said[self.size]
        if seconds not in TIMES or side not in SIZES:
            raise UserError("There is no such time or size; please reload the page.")
        (percent,) = slider_values(said[self.balance], BALANCE)
        settings = self.advanced.settings(said, float(seconds), side or None)
        return replace(settings, recipe=replace(settings.recipe, balance=percent / 100))

    def show(self, settings: OptimizeSettings) -> dict[Any, Any]:
        """For an event handler to return: the parts as a receipt says; masks are in none."""
        shown: dict[Any, Any] = self.advanced.show(settings)
        shown[self.balance] = slider_positions(BALANCE, [100 * settings.recipe.balance])
        if settings.seconds in TIMES:
            shown[self.time] = int(settings.seconds or 0)
        if (settings.side or 0) in SIZES:
            shown[self.size] = settings.side or 0
        return shown


def _size(side: int) -> str:
    return f"{SIZES[side]}, {side} px" if side else SIZES[side]
