"""The form: how long and how large to paint, and the buttons."""

import gradio as gr

from app.errors import UserError
from app.optimize.recipe import PRESETS
from app.translation import gettext as _
from app.ui.background_job import StopButton
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.form import MaskForm
from app.ui.painting.sliders import (
    MixingSlider,
    mixing_sliders,
    slider_positions,
    slider_values,
)
from app.ui.tabs.optimize.advanced_form import PRESET, AdvancedForm
from app.ui.tabs.optimize.session import OptimizeFormState, OptimizeSettings

TIMES = {
    10: _("10 s"),
    30: _("30 s"),
    60: _("1 min"),
    120: _("2 min"),
    300: _("5 min"),
    600: _("10 min"),
}
"""Seconds that may be asked for, and their labels."""

SIZES = {
    384: _("preview"),
    512: _("fine"),
    768: _("large"),
    0: _("as large as the time allows"),
}
"""Longest side of the painting in pixels, and its label; 0 leaves it to the engine."""

FIRST_TIME, FIRST_SIZE = 60, 512

BALANCE = [MixingSlider(_("Photograph {arrow} painting").format(arrow="\N{LEFT RIGHT ARROW}"))]


class OptimizeForm:
    """Lays the form out; to be created inside a column.

    The buttons stand between the two questions that everybody answers and those of the experts.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.

    Attributes:
        leave: a button that leaves the queue.
        waiting: a sentence beside the button while it waits.
        advanced: the part for experts.
    """

    def __init__(self, masks: MaskForm) -> None:
        times = [(label, seconds) for seconds, label in TIMES.items()]
        self.time = gr.Radio(
            times, value=FIRST_TIME, label=_("How long may it take?"), elem_id="slowly-time"
        )
        sizes = [(f"{label}, {side} px" if side else label, side) for side, label in SIZES.items()]
        self.size = gr.Radio(sizes, value=FIRST_SIZE, label=_("How large?"), elem_id="slowly-size")
        usual = PRESETS[PRESET].balance
        self.balance = mixing_sliders(BALANCE, [100 * usual], "slowly-balance")
        with gr.Row(elem_classes="button-row"):
            self.paint = gr.Button(_("Paint"), variant="primary", elem_id="slowly-paint")
            self.stop_button = StopButton("slowly-stop")
            self.stop = self.stop_button.button
            self.stop.elem_classes = []  # It takes the place of the primary button.
            self.go_on = _quiet_button(_("Go on"), "slowly-go-on")
            self.leave = _quiet_button(_("Leave the queue"), "slowly-leave")
        self.waiting = html("", "slowly-waiting")
        self.buttons = [self.paint, self.stop, self.go_on, self.leave, self.waiting]
        self.advanced = AdvancedForm(masks)
        self.parts = [self.time, self.size, self.balance, *self.advanced.parts]

    def read(self, values: ComponentValues) -> OptimizeFormState:
        """What the form says.

        Raises:
            UserError: one of its parts says what it cannot.
        """
        seconds, side = values[self.time], values[self.size]
        if seconds not in TIMES or side not in SIZES:
            raise UserError(_("There is no such time or size; please reload the page."))
        (percent,) = slider_values(values[self.balance], BALANCE)
        return self.advanced.read(values, float(seconds), side or None, percent / 100)

    def update(self, settings: OptimizeSettings) -> Updates:
        """For an event handler to return: the settings; masks are in none, and are cleared."""
        updates = self.advanced.update(settings)
        updates[self.balance] = slider_positions(BALANCE, [100 * settings.recipe.balance])
        if settings.seconds in TIMES:
            updates[self.time] = int(settings.seconds or 0)
        if (settings.side or 0) in SIZES:
            updates[self.size] = settings.side or 0
        return updates


def _quiet_button(label: str, elem_id: str) -> gr.Button:
    return gr.Button(label, visible=False, elem_id=elem_id, elem_classes="quiet")
