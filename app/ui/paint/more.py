"""What else can be painted: folders, films, the camera."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.ui.paint.live import Live
from app.ui.paint.many import Many
from app.ui.paint.moving import Moving
from app.ui.widgets import section

if TYPE_CHECKING:
    from app.ui.paint.tab import PaintTab

MORE: dict[str, Callable[["PaintTab"], Any]] = {
    "Many pictures at once": Many,
    "An animation or a short video": Moving,
    "Live from your camera": Live,
}
"""Title of each and what lays it out and connects it."""


def lay_out_more(tab: "PaintTab") -> dict[str, Any]:
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
