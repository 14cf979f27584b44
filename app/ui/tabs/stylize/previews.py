"""The picture on the easel in every preset, small: what a tile shows when it is pointed at."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np

from app.errors import UserError
from app.imaging import data_uri
from app.serving.stylizer_bundle import StylizerBundle
from app.ui.components.widgets import html
from app.ui.context import UploadedPicture, guarded
from app.ui.handlers import ComponentValues, Updates

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab

_QUALITY = 70  # Of the WebPs, 0 to 100: a page receives one for each preset at once.

_ABOUT = "Tiles show a style&rsquo;s strokes and colours"
_READY = f'<p class="small">{_ABOUT}; point at one, or tick the box, to see your picture.</p>'


class Previews:
    """Lays out a sentence and a checkbox; to be made above the tiles. The tab connects it.

    The pictures come as a style sheet: so they reach tiles that Gradio has not laid out yet, or
    lays out anew, and no other event has to send them again.

    Attributes:
        made: HTML with the previews of each visit, which go with it.
    """

    def __init__(self) -> None:
        self.sheet = html(f'<p class="small">{_ABOUT}.</p>', "previews")
        # Only the style sheet listens to it: a finger cannot point at a tile without pressing it.
        gr.Checkbox(label="Show your picture in all", elem_id="all-previews", container=False)
        self.shown = gr.State("")  # Token of the visit whose previews the page has.
        self.outputs = [self.sheet, self.shown]
        self.made: WeakKeyDictionary[UploadedPicture, str] = WeakKeyDictionary()

    def connect(self, tab: "StylizeTab", event: Any) -> None:
        """Make the previews after an event.

        They wait in a line of their own: meanwhile the picture itself can be painted.
        """

        @guarded
        def show(values: ComponentValues) -> Updates:
            return self.show(tab, values)

        event.success(
            show,
            {tab.state, tab.token, self.shown},
            self.outputs,
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
            concurrency_id="previews",
            concurrency_limit=1,
        )

    def show(self, tab: "StylizeTab", values: ComponentValues) -> Updates:
        """The previews of what the visitor paints, unless the page has them already."""
        try:
            uploaded = tab.session(values).uploaded
        except UserError:  # The session has begun anew, and will say so when it is asked to paint.
            return {self.shown: ""}
        if values[self.shown] == uploaded.token:
            return {self.shown: uploaded.token}
        return {self.sheet: self.of(uploaded, tab.bundle), self.shown: uploaded.token}

    def clear(self) -> Updates:
        """What is shown of another picture until its previews are there."""
        doing = "Painting your picture small in each style &hellip;"
        return {self.sheet: f'<p class="small" role="status">{doing}</p>', self.shown: ""}

    def of(self, uploaded: UploadedPicture, bundle: StylizerBundle) -> str:
        """HTML with a picture's previews, made when it is first asked for."""
        if uploaded not in self.made:
            names = [preset.name for preset in bundle.presets]
            self.made[uploaded] = sheet_html(names, bundle.previews(uploaded.picture))
        return self.made[uploaded]


def preview_html(preset: str) -> str:
    """Where a tile shows the picture in its preset, once a `sheet_html` is on the page."""
    label = "Your picture in this style"
    return f'<i class="preview" data-preset="{escape(preset)}" role="img" aria-label="{label}"></i>'


def sheet_html(presets: Sequence[str], pictures: Sequence[np.ndarray]) -> str:
    """HTML with a picture, uint8 RGB [H,W,3], for the tile of each preset."""
    rules = "".join(
        f'.preview[data-preset="{name}"]{{background-image:url({data_uri(picture, _QUALITY)})}}'
        for name, picture in zip(presets, pictures, strict=True)
    )
    return f"{_READY}<style>.brushes{{--previews:visible}}{rules}</style>"
