"""Pieces of the page that several tabs share; each is plain Gradio with a template of our own.

No class here inherits from a Gradio component: Gradio writes a .pyi beside the source of any that
does.
"""

import base64
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr
import numpy as np

from app.imaging import data_uri
from app.translation import gettext as _
from app.ui.static_files import share_inline

_LOADING = _("Looking into the picture &hellip;")
LOADING = f'<p role="status">{_LOADING}</p>'
"""HTML of what a folded section says until its content is ready."""

DRAG_HINT = _("Drag the line to see the picture.")
"""The hint beside a heat map that covers the whole picture."""

_FOLDER = Path(__file__).parent
_LEFT_EDGE, _MIDDLE = "0", "50"  # Where the line is at first, as in style/compare_slider.css.
_LARGEST_VIDEO = 8 * 2**20  # Bytes: larger videos are not played in the page, only downloaded.


@dataclass(frozen=True)
class ComparedPictures:
    """What a compare slider shows. Text fields are HTML: escape what a visitor sent.

    Attributes:
        picture: `src` of the picture.
        overlay: `src` of the same picture under a heat map at full strength, or painted.
        ratio: width by height.
        alt: alternative text of the picture.
        caption: title, size and origin of the picture.
        legend: what the colours mean.
    """

    picture: str
    overlay: str
    ratio: float
    alt: str
    caption: str
    legend: str

    def initial_values(self) -> dict[str, Any]:
        """For the page before any event, the same for everybody: pictures are cached files."""
        fields = asdict(self)
        return fields | {name: share_inline(fields[name]) for name in ("picture", "overlay")}

    def update(self) -> dict[str, Any]:
        """For an event handler to return: everything."""
        return gr.update(**asdict(self))

    def update_overlay(self) -> dict[str, Any]:
        """For an event handler to return: all but the picture, which is there already."""
        return gr.update(overlay=self.overlay, caption=self.caption, legend=self.legend)


def compare_slider(shown: ComparedPictures, elem_id: str, elem_classes: str = "") -> gr.HTML:
    """A picture and its overlay, compared by a line that is dragged over them.

    A heat map is seen whole at first: the line is at the left edge. With the class "opaque" the
    line is in the middle, and the overlay's strength cannot be changed. Both sliders are the
    browser's own inputs: they work with keyboard and screen reader, and send no request.
    """
    split = _MIDDLE if "opaque" in elem_classes else _LEFT_EDGE
    template = (_FOLDER / "compare_slider.html").read_text(encoding="utf-8")
    words = {
        "{split}": split,
        "{uncover}": _("Uncover the picture: before and after"),
        "{strength}": _("Strength of the colours"),
    }
    for placeholder, text in words.items():
        template = template.replace(placeholder, text)
    return gr.HTML(
        html_template=template,
        js_on_load=(_FOLDER / "compare_slider.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["compare-slider", elem_classes],
        **shown.initial_values(),
    )


def html(value: str, elem_id: str | None = None) -> gr.HTML:
    """A part of the page without Gradio's own text styles; `value` is the same for everybody."""
    return gr.HTML(share_inline(value), apply_default_css=False, elem_id=elem_id)


def problem(sentence: object) -> str:
    """HTML of an error that a person can correct."""
    return f'<p class="problem" role="alert">{escape(str(sentence))}</p>'


def search_links(*words: str) -> str:
    """HTML of links to encyclopedias about a painting; nothing is loaded from there.

    Args:
        words: the artist and the title, or what of them is known.
    """
    query = urlencode({"search": " ".join(words), "fulltext": 1})
    links = (
        f'<a href="https://{site}/w/index.php?{escape(query)}" target="_blank"'
        f' rel="noopener noreferrer">{name}</a>'
        for site, name in (
            ("en.wikipedia.org", "Wikipedia"),
            ("commons.wikimedia.org", "Wikimedia Commons"),
        )
    )
    return _(" or ").join(links)


def clickable_html(value: str, elem_id: str) -> gr.HTML:
    """HTML with buttons in it; its `select` event carries the pressed button's `data-index`.

    The event's data is always the same object: with `trigger_mode="always_last"` Gradio 6 answers a
    press during another event by sending the data of the *first* again (dispatch in Blocks), which
    by then holds the last press.
    """
    return gr.HTML(
        share_inline(value),
        apply_default_css=False,
        elem_id=elem_id,
        js_on_load="""
            const pressed = { index: null, value: null };
            element.addEventListener("click", ({ target }) => {
                const index = target.closest("button")?.dataset.index;
                if (!index) return;
                pressed.index = Number(index);
                trigger("select", pressed);
            });
        """,
    )


def colour_scale(low: str, high: str, colours: np.ndarray) -> str:
    """HTML of a colour scale with a word at each end; colours is uint8 RGB [1,n,3]."""
    stops = ",".join(f"rgb({r},{g},{b})" for r, g, b in colours[0])
    bar = f'<i style="background: linear-gradient(90deg, {stops})"></i>'
    return f'<span class="colour-scale">{escape(low)}{bar}{escape(high)}</span>'


def section(title: str, text: str, *, first: bool = False) -> gr.HTML:
    """A heading with a sentence below it, and a line above it unless it is a tab's first."""
    kind = "section first" if first else "section"
    return html(f'<header class="{kind}"><h2>{escape(title)}</h2><p>{escape(text)}</p></header>')


def folded(name: str) -> dict[str, Any]:
    """Arguments of an accordion that is closed at first; `name` begins its id."""
    return {"open": False, "elem_id": f"{name}-fold", "elem_classes": "fold"}


def video_html(file: Path, poster: np.ndarray | None = None) -> str:
    """HTML that plays a video or animation, empty if the file is too large to be embedded.

    Args:
        file: MP4, GIF or WebP; it may be deleted afterwards.
        poster: uint8 RGB [H,W,3], shown until the video is played.
    """
    content = file.read_bytes()
    if len(content) > _LARGEST_VIDEO:
        return ""
    kind = {".mp4": "video/mp4", ".gif": "image/gif", ".webp": "image/webp"}[file.suffix]
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    if kind == "video/mp4":
        still = "" if poster is None else f' poster="{data_uri(poster)}"'
        return f'<video class="film" src="{source}"{still} controls loop playsinline></video>'
    alt = _("The painted animation")
    return f'<img class="film" src="{source}" alt="{alt}">'


def details_html(title: str, summary: str, content: str) -> str:
    """HTML of a part that is folded until it is opened.

    Args:
        title: of the part; not yet HTML.
        summary: its result in a few words, for those who do not open it; not yet HTML.
        content: HTML.
    """
    return (
        f"<details><summary><h3>{escape(title)}</h3> <span>{escape(summary)}</span></summary>"
        f'<div class="unfolded">{content}</div></details>'
    )
