"""How to paint: strength, stroke size, colours and style size."""

from typing import Any, get_args

import gradio as gr

from app.colour import Colours
from app.errors import UserError
from app.serving.resolution import NATIVE, STROKE_SIZES
from app.serving.style import STYLE_SIZES
from app.ui.components.widgets import html
from app.ui.tabs.stylize.masking import MaskForm
from app.ui.tabs.stylize.session import StylizeSettings
from app.ui.tabs.stylize.widgets import (
    MixingSlider,
    is_settled,
    mixing_sliders,
    slider_positions,
    slider_values,
)

STRENGTH = [MixingSlider("Strength")]
STROKES = [MixingSlider("Stroke size", *STROKE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")]
SIZE = [MixingSlider("Style size", *STYLE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")]
COLOURS: dict[Colours, str] = {
    "style": "the style's",
    "photograph": "the picture's own",
    "palette": "the picture's palette",
}

_ABOUT_STROKES = (
    '<p class="small">Broad strokes (2&times;) make much of the style, fine ones (0.5&times;) leave'
    " more of your picture, and take longer.</p>"
)
_ABOUT_NATIVE = (
    '<p class="small">For files larger than the page shows: strokes then have the size of the'
    " file&rsquo;s own pixels, so they are finer than on this page.</p>"
)
_ABOUT_SIZE = (
    '<p class="small">How large a style picture of your own is seen; the built-in styles have one'
    " size only.</p>"
)


class PaintForm:
    """Lays the form out; to be made inside a column.

    Args:
        masks: where to paint, which is drawn elsewhere on the page.
    """

    def __init__(self, masks: MaskForm) -> None:
        self.masks = masks
        self.strength = mixing_sliders(STRENGTH, [100], "strength")
        self.strokes = mixing_sliders(STROKES, [1], "stroke-size")
        html(_ABOUT_STROKES)
        choices = [(words, colours) for colours, words in COLOURS.items()]
        self.colours = gr.Radio(choices, value="style", label="Colours", elem_id="colours")
        with gr.Accordion("Advanced", open=False, elem_id="paint-advanced"):
            self.native = gr.Checkbox(
                label="Paint the file at its own resolution, in tiles",
                elem_id="native",
                container=False,
            )
            html(_ABOUT_NATIVE)
            self.size = mixing_sliders(SIZE, [1], "style-size")
            html(_ABOUT_SIZE)
        self.parts = [
            *(self.strength, self.strokes, self.colours, self.native),
            *(self.size, *masks.parts),
        ]

    def settings(self, said: dict[Any, Any]) -> StylizeSettings:
        """What the parts say.

        Raises:
            UserError: one of them says what it cannot.
        """
        (strength,) = slider_values(said[self.strength], STRENGTH)
        (strokes,) = slider_values(said[self.strokes], STROKES)
        (size,) = slider_values(said[self.size], SIZE)
        colours, drawn = said[self.colours], self.masks.read(said)
        if colours not in get_args(Colours):
            raise UserError("There are no such colours; please reload the page.")
        if said[self.native] is True:
            strokes = NATIVE
        return StylizeSettings(strength / 100, colours, size, strokes, drawn.mask, drawn.regions)

    def settled(self, said: dict[Any, Any]) -> bool:
        """Whether no slider is being dragged."""
        return all(is_settled(said[part]) for part in (self.strength, self.strokes, self.size))

    def show(self, settings: StylizeSettings) -> dict[Any, Any]:
        """For an event handler to return: the parts as a receipt says; masks are in none."""
        return {
            self.strength: slider_positions(STRENGTH, [100 * settings.strength]),
            self.strokes: slider_positions(STROKES, [settings.shown_stroke_size]),
            self.colours: settings.colours,
            self.native: settings.stroke_size == NATIVE,
            self.size: slider_positions(SIZE, [settings.size]),
            self.masks.sheet: {},
        }
