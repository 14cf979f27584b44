"""What else can be painted: folders, films, the camera."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.ui.components.widgets import section
from app.ui.tabs.stylize.image_batch import ImageBatch
from app.ui.tabs.stylize.video_batch import VideoBatch
from app.ui.tabs.stylize.webcam import Webcam

if TYPE_CHECKING:
    from app.ui.tabs.stylize.tab import StylizeTab

MORE: dict[str, Callable[["StylizeTab"], Any]] = {
    "Many pictures at once": ImageBatch,
    "An animation or a short video": VideoBatch,
    "Live from your camera": Webcam,
}
"""Title of each and what lays it out and connects it."""


def lay_out_more(tab: "StylizeTab") -> dict[str, Any]:
    """A section with all of them, folded; to be called once the form is laid out."""
    section(
        "More than one picture",
        "The same styles for a whole folder, for a film, or for what your camera sees.",
    )
    more = {}
    for title, lay_out in MORE.items():
        with gr.Accordion(title, open=False):
            more[title] = lay_out(tab)
    return more
