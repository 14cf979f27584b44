"""Choosing what to paint like: famous paintings, our examples, and pictures of one's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from app.examples import EXAMPLES
from app.generation_parameters import StyleShare
from app.serving.style import MAX_STYLES
from app.serving.stylizer_bundle import StylizerBundle
from app.ui.components.widgets import html
from app.ui.context import SHOWN_SIDE
from app.ui.static_files import share_file, share_inline
from app.ui.tabs.optimize.session import OptimizeSession
from app.ui.tabs.stylize.style_mix import Style, StyleMix
from app.ui.tabs.stylize.style_picker import MOST_GUESTS, same_style, weight_rows
from app.ui.tabs.stylize.widgets import (
    changing_gallery,
    fill,
    gallery,
    mixing_sliders,
    slider_positions,
    slider_values,
    thumbnail,
)
from training.common.preprocessing import fit

PAINTINGS = 5
"""So many of the examples are paintings, the first ones."""

PRESETS, PICTURES = "Paintings to paint slowly like", "Styles to paint in"
"""Names of both galleries."""

_QUESTION = '<p class="question">Like which painting?</p>'
_ABOUT = (
    '<p class="small">The first five were painted by a program of ours. Any painting, drawing or'
    " pattern of yours will do; nobody else sees it.</p>"
)


class OptimizeStylePicker:
    """Lays both galleries out; to be made inside a column. The tab connects them."""

    def __init__(self, bundle: StylizerBundle) -> None:
        self.bundle = bundle
        presets = [preset for preset in bundle.presets if preset.name in bundle.targets]
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
                self.wall = gallery(shelf, pressed, PRESETS)
            with gr.Tab("Your own", id="guests"):
                self.bring = gr.UploadButton(
                    "Upload a style picture",
                    file_count="multiple",
                    file_types=["image", ".heic"],
                    elem_id="slowly-bring-style",
                    elem_classes="quiet",
                )
                self.uploaded_styles = changing_gallery(self._shelf(()), pressed, PICTURES)
                html(_ABOUT)
        self.blend = gr.Checkbox(
            label=f"Blend up to {MAX_STYLES}", elem_id="slowly-blend", container=False
        )
        self.weights = mixing_sliders([], [], "slowly-weights", shares=True, visible=False)
        self.outputs = [self.tabs, self.wall, self.uploaded_styles, self.blend, self.weights]

    @property
    def first(self) -> StyleMix:
        """In the hand when the page opens."""
        famous = (style for style in self.styles if style.preset == "gogh-the-starry-night")
        return StyleMix.of(next(famous, self.styles[0]))

    def style(self, title: str, picture: np.ndarray, made: str = "") -> Style:
        """A picture, uint8 RGB [H,W,3], as a style."""
        shown = fit(picture, SHOWN_SIDE)
        vector = self.bundle.stylizer.encode(shown)
        return Style(title, vector, maker=made, picture=shown)

    def known(self, share: StyleShare) -> Style | None:
        """The preset or the example that a receipt names, if it is here."""
        if share.preset:
            return next((style for style in self.styles if style.preset == share.preset), None)
        pictures = self.styles[self.count :]
        return next((style for style in pictures if style.title == share.title), None)

    def choose(
        self, session: OptimizeSession, indices: Sequence[int], *, blend: bool
    ) -> tuple[StyleMix, str]:
        """What pressing styles does to the brush, see `StyleMix.pressed`."""
        styles = self._all(session)
        return session.style_mix.pressed([styles[index] for index in indices], blend=blend)

    def adopt(
        self, session: OptimizeSession, style_mix: StyleMix
    ) -> tuple[OptimizeSession, list[str]]:
        """Take over the styles of the Paint tab; its pictures become the visitor's own.

        Returns:
            Also the titles of styles that cannot be painted slowly: nothing but their vectors is
            known of them.
        """
        uploaded_styles = list(session.uploaded_styles)

        def here(style: Style) -> Style | None:
            if style.preset:
                return next((its for its in self.styles if its.preset == style.preset), None)
            if (
                same_style([*self.styles, *uploaded_styles], style) is None
                and style.picture is not None
            ):
                uploaded_styles.append(style)
            return same_style([*self.styles, *uploaded_styles], style)

        adopted, lost = style_mix.translated(here)
        kept = tuple(uploaded_styles[-MOST_GUESTS:])
        return replace(session, style_mix=adopted or session.style_mix, uploaded_styles=kept), lost

    def shelf_of(self, style_mix: StyleMix) -> str:
        """Id of the tab with the weightiest style of a brush."""
        (style, _), *_ = style_mix.parts
        return "paintings" if style.preset else "guests"

    def welcome(self, session: OptimizeSession, style: Style, *, blend: bool) -> OptimizeSession:
        """Take a style of the visitor's own.

        Raises:
            UserError: there are as many as can be blended.
        """
        style_mix = session.style_mix.with_or_without(style) if blend else StyleMix.of(style)
        uploaded_styles = (*session.uploaded_styles, style)[-MOST_GUESTS:]
        return replace(session, style_mix=style_mix, uploaded_styles=uploaded_styles)

    def weigh(self, style_mix: StyleMix, told: object) -> StyleMix:
        """The same brush with the weights that the sliders say; see `slider_values` for errors."""
        return style_mix.weighed(slider_values(told, weight_rows(style_mix)))

    def show(self, session: OptimizeSession, *, dragged: bool = False) -> dict[Any, Any]:
        """What every part shows, but for the weights while they are being dragged."""
        style_mix, styles = session.style_mix, self._all(session)
        weights = dict(zip(map(id, style_mix.styles), style_mix.weights, strict=True))
        pressed = [index for index, style in enumerate(styles) if weights.get(id(style))]
        shown: dict[Any, Any] = {
            self.wall: {"pressed": pressed},
            self.uploaded_styles: fill(self._shelf(session.uploaded_styles), pressed, PICTURES),
        }
        if not dragged:
            rows = slider_positions(weight_rows(style_mix), style_mix.weights, shares=True)
            shown[self.weights] = gr.update(value=rows, visible=len(style_mix.styles) > 1)
        if (
            len(style_mix.styles) > 1
        ):  # One may be the first of a blend: the tick is the visitor's own.
            shown[self.blend] = True
        return shown

    def _all(self, session: OptimizeSession) -> list[Style]:
        return [*self.styles, *session.uploaded_styles]

    def _shelf(self, uploaded_styles: Sequence[Style]) -> list[tuple[int, Style, str]]:
        """The examples and the visitor's own."""
        own = [
            (uploaded_style, thumbnail(uploaded_style.picture))
            for uploaded_style in uploaded_styles
            if uploaded_style.picture is not None
        ]
        found = enumerate([*self.examples, *own], start=self.count)
        return [(index, style, source) for index, (style, source) in found]
