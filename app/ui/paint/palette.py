"""Choosing styles: paintings, movements and the mixer, pictures of one's own, and blends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from app.examples import EXAMPLES
from app.receipt import StyleShare
from app.serving.presets import Kind
from app.serving.studio import Studio
from app.serving.style import MAX_STYLES
from app.ui.paint.brush import FULL, Brush, Style
from app.ui.paint.previews import Previews
from app.ui.paint.sitting import GUEST_SIDE, Sitting
from app.ui.paint.widgets import (
    Fader,
    changing_wall,
    fader_values,
    faders,
    fill,
    stand,
    thumbnail,
    wall,
)
from app.ui.shared_files import share_file
from app.ui.widgets import html
from training.preprocessing import fit

MOST_GUESTS = 8
"""Styles of a visitor's own that are kept; the oldest goes first."""

OWN = "Your own styles"

_ABOUT_OWN = (
    '<p class="small">Any painting, drawing or pattern will do. Style pictures of your own are'
    " seen by the network only, and by nobody else.</p>"
)


class Palette:
    """Lays the walls out; to be made inside a column. The tab connects them."""

    def __init__(self, studio: Studio) -> None:
        self.stylizer = studio.stylizer
        self.styles = tuple(Style.of(preset) for preset in studio.presets)
        self.kinds = tuple(preset.kind for preset in studio.presets)
        self.thumbnails = [share_file(preset.thumbnail) for preset in studio.presets]
        self.mixed = tuple(self.styles[index] for index in self._of("movement"))
        self.mixer_rows = [Fader(style.title) for style in self.mixed]
        first = self.first
        self.previews = Previews()
        with gr.Tabs(elem_id="palette") as self.tabs:
            with gr.Tab("Paintings", id="paintings"):
                self.paintings = self._wall("painting", first, "Styles of paintings")
            with gr.Tab("Movements", id="movements"):
                self.movements = self._wall("movement", first, "Styles of movements")
                html('<p class="small">Or mix them, and watch the picture change:</p>')
                self.mixer = faders(self.mixer_rows, [0] * len(self.mixed), "mixer", shares=True)
            with gr.Tab("Your own", id="guests"):
                self.bring = gr.UploadButton(
                    "Upload a style picture",
                    file_count="multiple",
                    file_types=["image", ".heic"],
                    elem_id="bring-style",
                    elem_classes="quiet",
                )
                self.guests = changing_wall([], [], OWN, "brushes-of-your-own")
                html(_ABOUT_OWN)
        with gr.Row(elem_classes="onward"):
            self.blend = gr.Checkbox(
                label=f"Blend up to {MAX_STYLES}", elem_id="blend", container=False
            )
            self.surprise = gr.Button("Surprise me", elem_id="surprise", elem_classes="quiet")
        self.weights = faders([], [], "weights", shares=True, visible=False)
        self.outputs = [
            *(self.tabs, self.paintings, self.movements, self.mixer),
            *(self.guests, self.blend, self.weights),
        ]

    @property
    def first(self) -> Brush:
        """In the hand when the page opens."""
        famous = (style for style in self.styles if style.preset == "gogh-the-starry-night")
        return Brush.of(next(famous, self.styles[0]))

    def named(self, preset: str) -> Style | None:
        """The style of a preset's name, if there is one."""
        return next((style for style in self.styles if style.preset == preset), None)

    def known(self, share: StyleShare) -> Style | None:
        """The built-in style or example that a receipt names, if it is here."""
        if share.preset:
            return self.named(share.preset)
        example = next((each for each in EXAMPLES if each.title == share.title), None)
        if example is None:
            return None
        picture = fit(example.read(), GUEST_SIDE)
        vector = self.stylizer.encode(picture)
        return Style(example.title, vector, maker=example.made, picture=picture)

    def choose(self, brush: Brush, style: Style, *, blend: bool) -> Brush:
        """What pressing a style does to the brush."""
        return brush.with_or_without(style) if blend else Brush.of(style)

    def adopt(self, sitting: Sitting, brush: Brush) -> Sitting:
        """Take over the styles of the Paint slowly tab; its pictures become the visitor's own."""
        guests = list(sitting.guests)

        def here(style: Style) -> Style | None:
            if style.preset:
                return self.named(style.preset)
            guest = same_style(guests, style)
            if guest is None and style.picture is not None:
                guest = replace(style, picture=fit(style.picture, GUEST_SIDE))
                guests.append(guest)
            return guest

        adopted, _ = brush.translated(here)
        kept = tuple(guests[-MOST_GUESTS:])
        return replace(sitting, brush=adopted or sitting.brush, guests=kept)

    def shelf_of(self, brush: Brush) -> str:
        """Id of the tab with the weightiest style of a brush."""
        (style, _), *_ = brush.parts
        if not style.preset:
            return "guests"
        index = next(i for i, its in enumerate(self.styles) if its.preset == style.preset)
        return f"{self.kinds[index]}s"

    def mix(self, told: object) -> Brush:
        """The brush that the mixer's sliders make; see `fader_values` for errors."""
        weights = fader_values(told, self.mixer_rows)
        return Brush(self.mixed, (FULL,) * len(self.mixed)).weighed(weights)

    def weigh(self, brush: Brush, told: object) -> Brush:
        """The same brush with the weights that the sliders say; see `fader_values` for errors."""
        return brush.weighed(fader_values(told, weight_rows(brush)))

    def show(self, sitting: Sitting, *, dragged: object = None) -> dict[Any, Any]:
        """What every part shows of a brush, but for the sliders that are being dragged."""
        brush = sitting.brush
        weights = dict(zip(map(id, brush.styles), brush.weights, strict=True))
        in_use = [index for index, style in enumerate(self.styles) if weights.get(id(style))]
        guests = [index for index, style in enumerate(sitting.guests) if weights.get(id(style))]
        several = self.is_blend(brush)
        mixed = [weights.get(id(style), 0) for style in self.mixed]
        rows = stand(weight_rows(brush), brush.weights, shares=True)
        shown: dict[Any, Any] = {
            self.paintings: {"pressed": in_use},
            self.movements: {"pressed": in_use},
            self.guests: fill(_numbered(sitting.guests), guests, OWN),
            self.mixer: stand(self.mixer_rows, mixed, shares=True),
            self.weights: gr.update(value=rows, visible=several),
        }
        if several:  # One style may be the first of a blend: the tick is the visitor's own.
            shown[self.blend] = True
        return {part: update for part, update in shown.items() if part is not dragged}

    def is_blend(self, brush: Brush) -> bool:
        """Whether a brush is several styles, and not the mixer's movements."""
        return len(brush.styles) > 1 and brush.styles != self.mixed

    def _of(self, kind: Kind) -> list[int]:
        return [index for index, its in enumerate(self.kinds) if its == kind]

    def _wall(self, kind: Kind, brush: Brush, name: str) -> gr.HTML:
        here = self._of(kind)
        pressed = [index for index in here if self.styles[index] in brush.styles]
        shelf = [(i, self.styles[i], self.thumbnails[i]) for i in here]
        return wall(shelf, pressed, name, f"brushes-made-of-{kind}s")


def same_style(styles: Sequence[Style], style: Style) -> Style | None:
    """The one of several that looks the same to the network."""
    return next((its for its in styles if np.array_equal(its.vector, style.vector)), None)


def weight_rows(brush: Brush) -> list[Fader]:
    """A slider for the weight of each style in a brush."""
    return [Fader(style.title) for style in brush.styles]


def _numbered(guests: Sequence[Style]) -> list[tuple[int, Style, str]]:
    return [
        (i, guest, thumbnail(guest.picture))
        for i, guest in enumerate(guests)
        if guest.picture is not None
    ]
