"""Choosing what to paint like: our examples that are paintings, and pictures of one's own."""

from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from app.examples import EXAMPLES
from app.serving.studio import Studio
from app.serving.style import MAX_STYLES
from app.ui.house import SHOWN_SIDE
from app.ui.paint.brush import Brush, Style
from app.ui.paint.palette import MOST_GUESTS, weight_rows
from app.ui.paint.widgets import changing_wall, fader_values, faders, fill, stand
from app.ui.slow.sitting import SlowSitting
from app.ui.widgets import html
from training.preprocessing import fit

FIRST = 1
"""The example in the hand when the page opens."""

PAINTINGS = 5
"""So many of the examples are paintings, the first ones."""

WALL = "Styles to paint in"

_QUESTION = '<p class="question">In which style?</p>'
_ABOUT = (
    '<p class="small">The five were painted by a program of ours. Any painting, drawing or pattern'
    " of yours will do; nobody else sees it.</p>"
)


class SlowPalette:
    """Lays the wall out; to be made inside a column. The tab connects it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.styles = tuple(
            self.style(example.title, example.read(), example.made)
            for example in EXAMPLES[:PAINTINGS]
        )
        shelf = list(enumerate(self.styles))
        html(_QUESTION)
        self.wall = changing_wall([_shown(i, style) for i, style in shelf], [FIRST], WALL)
        with gr.Row(elem_classes="onward"):
            self.bring = gr.UploadButton(
                "Bring a style picture",
                file_count="multiple",
                file_types=["image", ".heic"],
                elem_id="slowly-bring-style",
                elem_classes="quiet",
            )
            self.blend = gr.Checkbox(
                label=f"Blend up to {MAX_STYLES}", elem_id="slowly-blend", container=False
            )
        html(_ABOUT)
        self.weights = faders([], [], "slowly-weights", visible=False)
        self.outputs = [self.wall, self.blend, self.weights]

    @property
    def first(self) -> Brush:
        """In the hand when the page opens."""
        return Brush.of(self.styles[FIRST])

    def style(self, title: str, picture: np.ndarray, made: str = "") -> Style:
        """A picture, uint8 RGB [H,W,3], as a style."""
        shown = fit(picture, SHOWN_SIDE)
        vector = self.studio.stylizer.encode(shown)
        return Style(title, vector, maker=made, picture=shown)

    def titled(self, title: str) -> Style | None:
        """The example of that title, if there is one."""
        return next((style for style in self.styles if style.title == title), None)

    def choose(self, sitting: SlowSitting, index: int, *, blend: bool) -> Brush:
        """What pressing a style does to the brush."""
        style = self._all(sitting)[index]
        return sitting.brush.with_or_without(style) if blend else Brush.of(style)

    def welcome(self, sitting: SlowSitting, style: Style, *, blend: bool) -> SlowSitting:
        """Take a style of the visitor's own.

        Raises:
            UserError: there are as many as can be blended.
        """
        brush = sitting.brush.with_or_without(style) if blend else Brush.of(style)
        guests = (*sitting.guests, style)[-MOST_GUESTS:]
        return replace(sitting, brush=brush, guests=guests)

    def weigh(self, brush: Brush, told: object) -> Brush:
        """The same brush with the weights that the sliders say; see `fader_values` for errors."""
        return brush.weighed(fader_values(told, weight_rows(brush)))

    def show(self, sitting: SlowSitting, *, dragged: bool = False) -> dict[Any, Any]:
        """What every part shows, but for the weights while they are being dragged."""
        brush, styles = sitting.brush, self._all(sitting)
        weights = dict(zip(map(id, brush.styles), brush.weights, strict=True))
        pressed = [index for index, style in enumerate(styles) if weights.get(id(style))]
        shelf = [_shown(index, style) for index, style in enumerate(styles)]
        shown: dict[Any, Any] = {self.wall: fill(shelf, pressed, WALL)}
        if not dragged:
            rows = stand(weight_rows(brush), brush.weights)
            shown[self.weights] = gr.update(value=rows, visible=len(brush.styles) > 1)
        return shown

    def _all(self, sitting: SlowSitting) -> list[Style]:
        return [*self.styles, *sitting.guests]


def _shown(index: int, style: Style) -> tuple[int, Style, np.ndarray]:
    assert style.picture is not None
    return index, style, style.picture
