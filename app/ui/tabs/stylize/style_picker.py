"""Choosing styles in Paint: paintings, movements and their mixer, and the visitor's own."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np

from app.errors import UserError
from app.examples import EXAMPLES
from app.imaging import data_uri
from app.serving.presets import Kind
from app.serving.stylizer_bundle import StylizerBundle
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.context import UploadedPicture, errors_as_messages, require_current
from app.ui.handlers import Updates
from app.ui.painting.session import PaintingSession
from app.ui.painting.sliders import MixingSlider, mixing_sliders, slider_positions, slider_values
from app.ui.painting.style_mix import FULL, Style, StyleMix
from app.ui.painting.style_picker import UPLOADS, StylePicker, style_gallery
from app.ui.static_files import share_file
from app.ui.tabs.stylize.session import StylizeSession
from training.common.preprocessing import fit

UPLOADED_STYLE_SIDE = 640
"""Longest side at which a visitor's own style picture is kept: twice STYLE_SIDE must fit."""

_QUALITY = 70  # Of the previews' WebPs, 0 to 100: a page receives one for each preset at once.


class StylizeStylePicker(StylePicker):
    """Lays the galleries out; to be created inside a column. The tab connects them."""

    def __init__(self, bundle: StylizerBundle) -> None:
        super().__init__(bundle.stylizer, tuple(bundle.presets))
        self.mixed = tuple(self.styles[index] for index in self._of("movement"))
        self.mixer_sliders = [MixingSlider(style.title) for style in self.mixed]
        self.previews = Previews(bundle)
        with gr.Tabs(elem_id="style-picker") as self.tabs:
            with gr.Tab(_("Paintings"), id="paintings"):
                self._lay_out_gallery("painting", _("Styles of paintings"))
            with gr.Tab(_("Movements"), id="movements"):
                self._lay_out_gallery("movement", _("Styles of movements"))
                about = _("Or mix them, and watch the picture change:")
                html(f'<p class="small">{about}</p>')
                self.mixer = mixing_sliders(
                    self.mixer_sliders, [0] * len(self.mixed), "mixer", shares=True
                )
            with gr.Tab(_("Your own"), id=UPLOADS):
                self._lay_out_uploads(_("Your own styles"))
                about = _(
                    "Any painting, drawing or pattern will do. Style pictures of your own are seen"
                    " by the network only, and by nobody else."
                )
                html(f'<p class="small">{about}</p>')
        with gr.Row(elem_classes="button-row"):
            self._lay_out_blend()
            self.surprise = gr.Button(_("Surprise me"), elem_id="surprise", elem_classes="quiet")
        self._lay_out_weights()
        self.outputs = [
            *(self.tabs, *self.galleries, self.mixer),
            *(self.uploaded, self.blend, self.weights),
        ]

    def uploaded_style(self, title: str, picture: np.ndarray, size: float) -> Style:
        """See `StylePicker.uploaded_style`."""
        vector = self.stylizer.encode(picture, size)
        return Style(title, vector, picture=self._kept(picture))

    def mix(self, sent: object) -> StyleMix:
        """The styles that the mixer's sliders choose; see `slider_values` for errors."""
        weights = slider_values(sent, self.mixer_sliders)
        return StyleMix(self.mixed, (FULL,) * len(self.mixed)).weighed(weights)

    def is_blend(self, style_mix: StyleMix) -> bool:
        """Whether several styles are blended, and not the mixer's movements."""
        return super().is_blend(style_mix) and style_mix.styles != self.mixed

    def update(self, session: PaintingSession, *, dragged: object = None) -> Updates:
        """What every part shows, except the sliders that are being dragged."""
        updates, style_mix = super().update(session, dragged=dragged), session.style_mix
        if dragged is not self.mixer:
            weights = dict(zip(map(id, style_mix.styles), style_mix.weights, strict=True))
            mixed = [weights.get(id(style), 0) for style in self.mixed]
            updates[self.mixer] = slider_positions(self.mixer_sliders, mixed, shares=True)
        return updates

    def _example(self, title: str) -> Style | None:
        example = next((each for each in EXAMPLES if each.title == title), None)
        if example is None:
            return None
        picture = self._kept(example.read())
        return Style(title, self.stylizer.encode(picture), maker=example.made, picture=picture)

    def _kept(self, picture: np.ndarray) -> np.ndarray:
        return fit(picture, UPLOADED_STYLE_SIDE)

    def _of(self, kind: Kind) -> list[int]:
        return [index for index, preset in enumerate(self.presets) if preset.kind == kind]

    def _lay_out_gallery(self, kind: Kind, name: str) -> None:
        indices, first = self._of(kind), self.first.styles
        pressed = [index for index in indices if self.styles[index] in first]
        entries = [(i, self.styles[i], share_file(self.presets[i].thumbnail)) for i in indices]
        self.galleries.append(style_gallery(entries, pressed, name, f"{kind}-styles"))


class Previews:
    """The visitor's picture in every preset, small: what a tile shows when it is pointed at.

    Lays out a sentence and a checkbox; to be created above the tiles. The tab connects it. The
    pictures come as a style sheet: so they reach tiles that Gradio has not laid out yet, or lays
    out anew, and no other event has to send them again.

    Attributes:
        made: HTML with the previews of each uploaded picture, dropped with it.
    """

    def __init__(self, bundle: StylizerBundle) -> None:
        self.bundle = bundle
        about = _("Tiles show a style&rsquo;s strokes and colours.")
        self.sheet = html(f'<p class="small">{about}</p>', "previews")
        # Only the style sheet listens to it: a finger cannot point at a tile without pressing it.
        gr.Checkbox(label=_("Show your picture in all"), elem_id="all-previews", container=False)
        self.shown = gr.State("")  # Token of the picture whose previews the page has.
        self.outputs = [self.sheet, self.shown]
        self.made: WeakKeyDictionary[UploadedPicture, str] = WeakKeyDictionary()

    def connect(self, event: Any, state: gr.State, token: gr.Textbox) -> None:
        """Make the previews after an event.

        They wait in a queue of their own: meanwhile the picture itself can be painted.
        """
        event.success(
            self.show,
            [state, token, self.shown],
            self.outputs,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
            concurrency_id="previews",
            concurrency_limit=1,
        )

    @errors_as_messages
    def show(self, session: StylizeSession, token: str, shown: str) -> Updates:
        """The previews of a session's picture, unless the page has them already.

        Args:
            session: what the visitor's session holds.
            token: of the session, as the page repeats it.
            shown: token of the picture whose previews the page has.
        """
        try:
            uploaded = require_current(session, token).uploaded
        except UserError:  # The session has started again, which the next painting will say.
            return {self.shown: ""}
        if shown == uploaded.token:
            return {self.shown: uploaded.token}
        return {self.sheet: self.of(uploaded), self.shown: uploaded.token}

    def clear(self) -> Updates:
        """What is shown of another picture until its previews are there."""
        doing = _("Painting your picture small in each style &hellip;")
        return {self.sheet: f'<p class="small" role="status">{doing}</p>', self.shown: ""}

    def of(self, uploaded: UploadedPicture) -> str:
        """HTML with a picture's previews, made when it is first asked for."""
        if uploaded not in self.made:
            names = [preset.name for preset in self.bundle.presets]
            self.made[uploaded] = previews_html(names, self.bundle.previews(uploaded.picture))
        return self.made[uploaded]


def previews_html(presets: Sequence[str], pictures: Sequence[np.ndarray]) -> str:
    """HTML with a picture, uint8 RGB [H,W,3], for the tile of each preset."""
    about = _(
        "Tiles show a style&rsquo;s strokes and colours; point at one, or tick the box, to see your"
        " picture."
    )
    rules = "".join(
        f'.preview[data-preset="{name}"]{{background-image:url({data_uri(picture, _QUALITY)})}}'
        for name, picture in zip(presets, pictures, strict=True)
    )
    style = f"<style>.style-gallery{{--previews:visible}}{rules}</style>"
    return f'<p class="small">{about}</p>{style}'
