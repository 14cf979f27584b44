"""Choosing styles in Paint slowly: famous paintings, our examples, and the visitor's own."""

import gradio as gr
import numpy as np

from app.examples import EXAMPLES, Example
from app.serving.stylizer import Stylizer
from app.serving.stylizer_bundle import StylizerBundle
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import SHOWN_SIDE
from app.ui.painting.style_mix import Style
from app.ui.painting.style_picker import UPLOADS, StylePicker, style_gallery
from app.ui.static_files import share_file, share_inline
from training.common.preprocessing import fit

PAINTINGS = 5
"""So many of the examples are paintings, the first ones."""


class OptimizeStylePicker(StylePicker):
    """Lays both galleries out; to be created inside a column. The tab connects them."""

    def __init__(self, bundle: StylizerBundle) -> None:
        presets = [preset for preset in bundle.presets if preset.name in bundle.targets]
        examples = [_style_of(example, bundle.stylizer) for example in EXAMPLES[:PAINTINGS]]
        super().__init__(bundle.stylizer, presets, examples, "slowly-")
        self.examples = [(style, share_inline(source)) for style, source in self.examples]
        question, about = (
            _("Like which painting?"),
            _(
                "The first five were painted by a program of ours. Any painting, drawing or pattern"
                " of yours will do; nobody else sees it."
            ),
        )
        html(f'<p class="question">{question}</p>')
        with gr.Tabs(elem_id="slowly-style-picker") as self.tabs:
            with gr.Tab(_("Paintings"), id="paintings"):
                files = [share_file(preset.thumbnail) for preset in presets]
                entries = zip(range(len(presets)), self.styles, files, strict=False)
                pressed = [self.styles.index(style) for style in self.first.styles]
                name = _("Paintings to paint slowly like")
                self.galleries.append(
                    style_gallery(entries, pressed, name, "slowly-painting-styles")
                )
            with gr.Tab(_("Your own"), id=UPLOADS):
                self._lay_out_uploads(_("Styles to paint in"))
                html(f'<p class="small">{about}</p>')
        self._lay_out_blend()
        self._lay_out_weights()
        self.outputs = [self.tabs, *self.galleries, self.uploaded, self.blend, self.weights]

    def uploaded_style(self, title: str, picture: np.ndarray, size: float) -> Style:
        """See `StylePicker.uploaded_style`; the size is the engine's matter."""
        shown = self._kept(picture)
        return Style(title, self.stylizer.encode(shown), picture=shown)

    def _example(self, title: str) -> Style | None:
        examples = self.styles[len(self.presets) :]
        return next((style for style in examples if style.title == title), None)

    def _kept(self, picture: np.ndarray) -> np.ndarray:
        return fit(picture, SHOWN_SIDE)


def _style_of(example: Example, stylizer: Stylizer) -> Style:
    picture = fit(example.read(), SHOWN_SIDE)
    return Style(example.title, stylizer.encode(picture), maker=example.made, picture=picture)
