"""Choosing styles: paintings, movements and the mixer, pictures of one's own, and blends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from app.examples import EXAMPLES
from app.generation_parameters import StyleShare
from app.serving.presets import Kind
from app.serving.style import MAX_STYLES
from app.serving.stylizer_bundle import StylizerBundle
from app.ui.components.widgets import html
from app.ui.static_files import share_file
from app.ui.tabs.stylize.previews import Previews
from app.ui.tabs.stylize.session import UPLOADED_STYLE_SIDE, StylizeSession
from app.ui.tabs.stylize.style_mix import FULL, Style, StyleMix
from app.ui.tabs.stylize.widgets import (
    MixingSlider,
    changing_gallery,
    fill,
    gallery,
    mixing_sliders,
    slider_positions,
    slider_values,
    thumbnail,
)
from training.common.preprocessing import fit

MOST_GUESTS = 8
"""Styles of a visitor's own that are kept; the oldest goes first."""

OWN = "Your own styles"

_ABOUT_OWN = (
    '<p class="small">Any painting, drawing or pattern will do. Style pictures of your own are'
    " seen by the network only, and by nobody else.</p>"
)


class StylePicker:
    """Lays the walls out; to be made inside a column. The tab connects them."""

    def __init__(self, bundle: StylizerBundle) -> None:
        self.stylizer = bundle.stylizer
        self.styles = tuple(Style.of(preset) for preset in bundle.presets)
        self.kinds = tuple(preset.kind for preset in bundle.presets)
        self.thumbnails = [share_file(preset.thumbnail) for preset in bundle.presets]
        self.mixed = tuple(self.styles[index] for index in self._of("movement"))
        self.mixer_rows = [MixingSlider(style.title) for style in self.mixed]
        first = self.first
        self.previews = Previews()
        with gr.Tabs(elem_id="palette") as self.tabs:
            with gr.Tab("Paintings", id="paintings"):
                self.paintings = self._gallery("painting", first, "Styles of paintings")
            with gr.Tab("Movements", id="movements"):
                self.movements = self._gallery("movement", first, "Styles of movements")
                html('<p class="small">Or mix them, and watch the picture change:</p>')
                self.mixer = mixing_sliders(
                    self.mixer_rows, [0] * len(self.mixed), "mixer", shares=True
                )
            with gr.Tab("Your own", id="guests"):
                self.bring = gr.UploadButton(
                    "Upload a style picture",
                    file_count="multiple",
                    file_types=["image", ".heic"],
                    elem_id="bring-style",
                    elem_classes="quiet",
                )
                self.uploaded_styles = changing_gallery([], [], OWN, "brushes-of-your-own")
                html(_ABOUT_OWN)
        with gr.Row(elem_classes="button-row"):
            self.blend = gr.Checkbox(
                label=f"Blend up to {MAX_STYLES}", elem_id="blend", container=False
            )
            self.surprise = gr.Button("Surprise me", elem_id="surprise", elem_classes="quiet")
        self.weights = mixing_sliders([], [], "weights", shares=True, visible=False)
        self.outputs = [
            *(self.tabs, self.paintings, self.movements, self.mixer),
            *(self.uploaded_styles, self.blend, self.weights),
        ]

    @property
    def first(self) -> StyleMix:
        """In the hand when the page opens."""
        famous = (style for style in self.styles if style.preset == "gogh-the-starry-night")
        return StyleMix.of(next(famous, self.styles[0]))

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
        picture = fit(example.read(), UPLOADED_STYLE_SIDE)
        vector = self.stylizer.encode(picture)
        return Style(example.title, vector, maker=example.made, picture=picture)

    def choose(self, style_mix: StyleMix, style: Style, *, blend: bool) -> StyleMix:
        """What pressing a style does to the brush."""
        return style_mix.with_or_without(style) if blend else StyleMix.of(style)

    def adopt(self, session: StylizeSession, style_mix: StyleMix) -> StylizeSession:
        """Take over the styles of the Paint slowly tab; its pictures become the visitor's own."""
        uploaded_styles = list(session.uploaded_styles)

        def here(style: Style) -> Style | None:
            if style.preset:
                return self.named(style.preset)
            uploaded_style = same_style(uploaded_styles, style)
            if uploaded_style is None and style.picture is not None:
                uploaded_style = replace(style, picture=fit(style.picture, UPLOADED_STYLE_SIDE))
                uploaded_styles.append(uploaded_style)
            return uploaded_style

        adopted, _ = style_mix.translated(here)
        kept = tuple(uploaded_styles[-MOST_GUESTS:])
        return replace(session, style_mix=adopted or session.style_mix, uploaded_styles=kept)

    def shelf_of(self, style_mix: StyleMix) -> str:
        """Id of the tab with the weightiest style of a brush."""
        (style, _), *_ = style_mix.parts
        if not style.preset:
            return "guests"
        index = next(i for i, its in enumerate(self.styles) if its.preset == style.preset)
        return f"{self.kinds[index]}s"

    def mix(self, told: object) -> StyleMix:
        """The brush that the mixer's sliders make; see `slider_values` for errors."""
        weights = slider_values(told, self.mixer_rows)
        return StyleMix(self.mixed, (FULL,) * len(self.mixed)).weighed(weights)

    def weigh(self, style_mix: StyleMix, told: object) -> StyleMix:
        """The same brush with the weights that the sliders say; see `slider_values` for errors."""
        return style_mix.weighed(slider_values(told, weight_rows(style_mix)))

    def show(self, session: StylizeSession, *, dragged: object = None) -> dict[Any, Any]:
        """What every part shows of a brush, but for the sliders that are being dragged."""
        style_mix = session.style_mix
        weights = dict(zip(map(id, style_mix.styles), style_mix.weights, strict=True))
        in_use = [index for index, style in enumerate(self.styles) if weights.get(id(style))]
        uploaded_styles = [
            index for index, style in enumerate(session.uploaded_styles) if weights.get(id(style))
        ]
        several = self.is_blend(style_mix)
        mixed = [weights.get(id(style), 0) for style in self.mixed]
        rows = slider_positions(weight_rows(style_mix), style_mix.weights, shares=True)
        shown: dict[Any, Any] = {
            self.paintings: {"pressed": in_use},
            self.movements: {"pressed": in_use},
            self.uploaded_styles: fill(_numbered(session.uploaded_styles), uploaded_styles, OWN),
            self.mixer: slider_positions(self.mixer_rows, mixed, shares=True),
            self.weights: gr.update(value=rows, visible=several),
        }
        if several:  # One style may be the first of a blend: the tick is the visitor's own.
            shown[self.blend] = True
        return {part: update for part, update in shown.items() if part is not dragged}

    def is_blend(self, style_mix: StyleMix) -> bool:
        """Whether a brush is several styles, and not the mixer's movements."""
        return len(style_mix.styles) > 1 and style_mix.styles != self.mixed

    def _of(self, kind: Kind) -> list[int]:
        return [index for index, its in enumerate(self.kinds) if its == kind]

    def _gallery(self, kind: Kind, style_mix: StyleMix, name: str) -> gr.HTML:
        here = self._of(kind)
        pressed = [index for index in here if self.styles[index] in style_mix.styles]
        shelf = [(i, self.styles[i], self.thumbnails[i]) for i in here]
        return gallery(shelf, pressed, name, f"brushes-made-of-{kind}s")


def same_style(styles: Sequence[Style], style: Style) -> Style | None:
    """The one of several that looks the same to the network."""
    return next((its for its in styles if np.array_equal(its.vector, style.vector)), None)


def weight_rows(style_mix: StyleMix) -> list[MixingSlider]:
    """A slider for the weight of each style in a brush."""
    return [MixingSlider(style.title) for style in style_mix.styles]


def _numbered(uploaded_styles: Sequence[Style]) -> list[tuple[int, Style, str]]:
    return [
        (i, uploaded_style, thumbnail(uploaded_style.picture))
        for i, uploaded_style in enumerate(uploaded_styles)
        if uploaded_style.picture is not None
    ]
