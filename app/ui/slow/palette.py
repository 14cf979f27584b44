"""Choosing what to paint like: famous paintings, our examples, and pictures of one's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from app.examples import EXAMPLES
from app.receipt import StyleShare
from app.serving.studio import Studio
from app.serving.style import MAX_STYLES
from app.ui.house import SHOWN_SIDE
from app.ui.paint.brush import Brush, Style
from app.ui.paint.palette import MOST_GUESTS, same_style, weight_rows
from app.ui.paint.widgets import changing_wall, fader_values, faders, fill, stand, thumbnail, wall
from app.ui.shared_files import share_file, share_inline
from app.ui.slow.sitting import SlowSitting
from app.ui.widgets import html
from training.preprocessing import fit

PAINTINGS = 5
"""So many of the examples are paintings, the first ones."""

PRESETS, PICTURES = "Paintings to paint slowly like", "Styles to paint in"
"""Names of both galleries."""

_QUESTION = '<p class="question">Like which painting?</p>'
_ABOUT = (
    '<p class="small">The first five were painted by a program of ours. Any painting, drawing or'
    " pattern of yours will do; nobody else sees it.</p>"
)


class SlowPalette:
    """Lays both galleries out; to be made inside a column. The tab connects them."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        presets = [preset for preset in studio.presets if preset.name in studio.targets]
        self.count = len(presets)
        self.styles = (
            *(Style.of(preset) for preset in presets),
            *(self.style(each.title, each.read(), each.made) for each in EXAMPLES[:PAINTINGS]),
        )
        self.examples = [
            (style, share_inline(thumbnail(style.picture)))
            for style in self.styles[self.count :]
            if style.picture is not None
        ]
        html(_QUESTION)
        with gr.Tabs(elem_id="slowly-palette") as self.tabs:
            with gr.Tab("Paintings", id="paintings"):
                files = [share_file(preset.thumbnail) for preset in presets]
                shelf = zip(range(self.count), self.styles, files, strict=False)
                pressed = [self.styles.index(style) for style in self.first.styles]
                self.wall = wall(shelf, pressed, PRESETS)
            with gr.Tab("Your own", id="guests"):
                self.bring = gr.UploadButton(
                    "Upload a style picture",
                    file_count="multiple",
                    file_types=["image", ".heic"],
                    elem_id="slowly-bring-style",
                    elem_classes="quiet",
                )
                self.guests = changing_wall(self._shelf(()), pressed, PICTURES)
                html(_ABOUT)
        self.blend = gr.Checkbox(
            label=f"Blend up to {MAX_STYLES}", elem_id="slowly-blend", container=False
        )
        self.weights = faders([], [], "slowly-weights", shares=True, visible=False)
        self.outputs = [self.tabs, self.wall, self.guests, self.blend, self.weights]

    @property
    def first(self) -> Brush:
        """In the hand when the page opens."""
        famous = (style for style in self.styles if style.preset == "gogh-the-starry-night")
        return Brush.of(next(famous, self.styles[0]))

    def style(self, title: str, picture: np.ndarray, made: str = "") -> Style:
        """A picture, uint8 RGB [H,W,3], as a style."""
        shown = fit(picture, SHOWN_SIDE)
        vector = self.studio.stylizer.encode(shown)
        return Style(title, vector, maker=made, picture=shown)

    def known(self, share: StyleShare) -> Style | None:
        """The preset or the example that a receipt names, if it is here."""
        if share.preset:
            return next((style for style in self.styles if style.preset == share.preset), None)
        pictures = self.styles[self.count :]
        return next((style for style in pictures if style.title == share.title), None)

    def choose(
        self, sitting: SlowSitting, indices: Sequence[int], *, blend: bool
    ) -> tuple[Brush, str]:
        """What pressing styles does to the brush, see `Brush.pressed`."""
        styles = self._all(sitting)
        return sitting.brush.pressed([styles[index] for index in indices], blend=blend)

    def adopt(self, sitting: SlowSitting, brush: Brush) -> tuple[SlowSitting, list[str]]:
        """Take over the styles of the Paint tab; its pictures become the visitor's own.

        Returns:
            Also the titles of styles that cannot be painted slowly: nothing but their vectors is
            known of them.
        """
        guests = list(sitting.guests)

        def here(style: Style) -> Style | None:
            if style.preset:
                return next((its for its in self.styles if its.preset == style.preset), None)
            if same_style([*self.styles, *guests], style) is None and style.picture is not None:
                guests.append(style)
            return same_style([*self.styles, *guests], style)

        adopted, lost = brush.translated(here)
        kept = tuple(guests[-MOST_GUESTS:])
        return replace(sitting, brush=adopted or sitting.brush, guests=kept), lost

    def shelf_of(self, brush: Brush) -> str:
        """Id of the tab with the weightiest style of a brush."""
        (style, _), *_ = brush.parts
        return "paintings" if style.preset else "guests"

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
        shown: dict[Any, Any] = {
            self.wall: {"pressed": pressed},
            self.guests: fill(self._shelf(sitting.guests), pressed, PICTURES),
        }
        if not dragged:
            rows = stand(weight_rows(brush), brush.weights, shares=True)
            shown[self.weights] = gr.update(value=rows, visible=len(brush.styles) > 1)
        if len(brush.styles) > 1:  # One may be the first of a blend: the tick is the visitor's own.
            shown[self.blend] = True
        return shown

    def _all(self, sitting: SlowSitting) -> list[Style]:
        return [*self.styles, *sitting.guests]

    def _shelf(self, guests: Sequence[Style]) -> list[tuple[int, Style, str]]:
        """The examples and the visitor's own."""
        own = [(guest, thumbnail(guest.picture)) for guest in guests if guest.picture is not None]
        found = enumerate([*self.examples, *own], start=self.count)
        return [(index, style, source) for index, (style, source) in found]
