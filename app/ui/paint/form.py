"""How to paint: strength, colours, style size and mask."""

from typing import Any, get_args

import gradio as gr

from app.colour import Colours
from app.errors import UserError
from app.serving.style import STYLE_SIZES
from app.ui.paint.sitting import Wish
from app.ui.paint.widgets import (
    Fader,
    fader_values,
    faders,
    is_settled,
    mask_sheet,
    read_mask,
    stand,
)
from app.ui.widgets import html

STRENGTH = [Fader("Strength")]
SIZE = [Fader("Style size", *STYLE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")]
COLOURS: dict[Colours, str] = {
    "style": "the style's",
    "photograph": "the picture's own",
    "palette": "the picture's palette",
}
ONLY, EXCEPT = "Paint only where I draw", "Paint everywhere else"

_ABOUT_SIZE = (
    '<p class="small">How large a style picture of your own is seen; the brushes on the walls have'
    " one size only.</p>"
)
_ABOUT_MASK = '<p class="small">Draw on your picture, with a finger or the mouse.</p>'


class PaintForm:
    """Lays the form out; to be made inside a column."""

    def __init__(self) -> None:
        self.strength = faders(STRENGTH, [100], "strength")
        choices = [(words, colours) for colours, words in COLOURS.items()]
        self.colours = gr.Radio(choices, value="style", label="Colours", elem_id="colours")
        with gr.Accordion("Advanced", open=False, elem_id="paint-advanced"):
            self.size = faders(SIZE, [1], "style-size")
            html(_ABOUT_SIZE)
            self.side = gr.Radio([ONLY, EXCEPT], value=ONLY, label="Mask", elem_id="mask-side")
            html(_ABOUT_MASK)
            self.mask = mask_sheet()
        self.parts = [self.strength, self.colours, self.size, self.side, self.mask]

    def wish(self, said: dict[Any, Any]) -> Wish:
        """What the parts say.

        Raises:
            UserError: one of them says what it cannot.
        """
        (strength,) = fader_values(said[self.strength], STRENGTH)
        (size,) = fader_values(said[self.size], SIZE)
        colours, mask = said[self.colours], read_mask(said[self.mask])
        if colours not in get_args(Colours):
            raise UserError("There are no such colours; please reload the page.")
        if mask is not None and said[self.side] == EXCEPT:
            mask = 255 - mask
        return Wish(strength / 100, colours, size, mask)

    def settled(self, said: dict[Any, Any]) -> bool:
        """Whether no slider is being dragged."""
        return is_settled(said[self.strength]) and is_settled(said[self.size])

    def show(self, wish: Wish) -> dict[Any, Any]:
        """For an event handler to return: the parts as a receipt says; masks are in none."""
        return {
            self.strength: stand(STRENGTH, [100 * wish.strength]),
            self.colours: wish.colours,
            self.size: stand(SIZE, [wish.size]),
            self.mask: "",
        }
