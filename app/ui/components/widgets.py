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
from app.ui.static_files import share_inline

LOOKING = '<p role="status">Looking into the picture &hellip;</p>'
"""HTML of what stands in a fold until it is filled."""

DRAG = "Drag the line to see the picture."
"""What is said beside a heat map that covers the whole picture."""

_FOLDER = Path(__file__).parent
_LEFT_EDGE, _MIDDLE = "0", "50"  # Where the line stands at first, as in style/easel.css.
_LARGEST_FILM = 8 * 2**20  # Bytes: larger films are to be saved only.


@dataclass(frozen=True)
class ComparedPictures:
    """What an easel shows. Text fields are HTML: escape what a visitor brought.

    Attributes:
        picture: source of the bare picture.
        evidence: source of the same picture under colours at full strength.
        ratio: width by height.
        alt: what a screen reader says of the picture.
        caption: the wall label.
        legend: what the colours mean.
    """

    picture: str
    evidence: str
    ratio: float
    alt: str
    caption: str
    legend: str

    def shared(self) -> dict[str, Any]:
        """For a page that is laid out, and the same for everybody: pictures have addresses."""
        fields = asdict(self)
        return fields | {name: share_inline(fields[name]) for name in ("picture", "evidence")}

    def update(self) -> dict[str, Any]:
        """For an event handler to return: everything."""
        return gr.update(**asdict(self))

    def recolour(self) -> dict[str, Any]:
        """For an event handler to return: all but the picture, which hangs there already."""
        return gr.update(evidence=self.evidence, caption=self.caption, legend=self.legend)


def compare_slider(shown: ComparedPictures, elem_id: str, elem_classes: str = "") -> gr.HTML:
    """A picture that can be compared with itself under colours, by a line that is dragged over it.

    A heat map is seen whole at first: the line stands at the left edge. With the class "opaque" the
    line stands in the middle, and only it can be moved. Both sliders are the browser's own inputs:
    keyboard and screen reader know them, and moving them asks the server nothing.
    """
    split = _MIDDLE if "opaque" in elem_classes else _LEFT_EDGE
    template = (_FOLDER / "compare_slider.html").read_text(encoding="utf-8")
    return gr.HTML(
        html_template=template.replace("{split}", split),
        js_on_load=(_FOLDER / "compare_slider.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["easel", elem_classes],
        **shown.shared(),
    )


def html(value: str, elem_id: str | None = None) -> gr.HTML:
    """A piece of page without Gradio's own text styles; `value` is the same for everybody."""
    return gr.HTML(share_inline(value), apply_default_css=False, elem_id=elem_id)


def problem(sentence: object) -> str:
    """HTML of what a person can mend, in the page, where what was there before stays."""
    return f'<p class="problem" role="alert">{escape(str(sentence))}</p>'


def look_up(*words: str) -> str:
    """HTML of plain links to what others know of a painting; nothing is loaded from there.

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
    return " or ".join(links)


def pressable(value: str, elem_id: str) -> gr.HTML:
    """HTML with buttons in it; its `select` event carries the pressed button's `data-index`.

    The event's data is one object for good: with `trigger_mode="always_last"` Gradio 6 answers a
    press during another one by sending the data of the *first* again (dispatch in Blocks), which by
    then says what was pressed last.
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


def scale(low: str, high: str, colours: np.ndarray) -> str:
    """HTML of a colour scale with a word at each end; colours is uint8 RGB [1,n,3]."""
    stops = ",".join(f"rgb({r},{g},{b})" for r, g, b in colours[0])
    bar = f'<i style="background: linear-gradient(90deg, {stops})"></i>'
    return f'<span class="scale">{escape(low)}{bar}{escape(high)}</span>'


def section(title: str, text: str, *, opening: bool = False) -> gr.HTML:
    """A serif heading with a sentence below it, and a line above it unless it opens a room."""
    kind = "section opening" if opening else "section"
    return html(f'<header class="{kind}"><h2>{escape(title)}</h2><p>{escape(text)}</p></header>')


def folded(name: str) -> dict[str, Any]:
    """Arguments of an accordion that holds the longer part of a section; `name` begins its id."""
    return {"open": False, "elem_id": f"{name}-fold", "elem_classes": "fold"}


def film(file: Path, poster: np.ndarray | None = None) -> str:
    """HTML that plays a film of ours (MP4, GIF or WebP), unless it is large.

    Args:
        file: it may be deleted at once.
        poster: uint8 RGB [H,W,3], what is seen before the film is played.
    """
    content = file.read_bytes()
    if len(content) > _LARGEST_FILM:
        return ""
    kind = {".mp4": "video/mp4", ".gif": "image/gif", ".webp": "image/webp"}[file.suffix]
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    if kind == "video/mp4":
        still = "" if poster is None else f' poster="{data_uri(poster)}"'
        return f'<video class="film" src="{source}"{still} controls loop playsinline></video>'
    return f'<img class="film" src="{source}" alt="The painted animation">'
