"""Pieces of the Paint tab: galleries of styles, and sliders."""

import base64
import binascii
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from app.errors import UserError
from app.imaging import data_uri
from app.ui.tabs.stylize.previews import preview_html
from app.ui.tabs.stylize.style_mix import FULL, Style
from app.ui.wording import percent
from training.common.preprocessing import fit

_FOLDER = Path(__file__).parent
_THUMBNAIL = 224  # Pixels.
_SETTLE = """() => document.querySelectorAll(".brushes")
    .forEach((wall) => wall.dispatchEvent(new Event("settled")))"""


GalleryEntries = Iterable[tuple[int, Style, str]]
"""Index, style and `src` of the thumbnail of each."""

# Nothing below is a property of its own: Gradio (6.31) forgets all properties of an HTML component
# that is out of sight, in another tab, when an event that names it as an output leaves it alone.


def gallery(shelf: GalleryEntries, pressed: list[int], name: str, elem_id: str = "") -> gr.HTML:
    """Styles to press, which stay; the `select` event carries a style's index.

    Args:
        shelf: the styles.
        pressed: indices of those in use.
        name: for screen readers.
        elem_id: the name in small letters, with "-" for " ", if there is no other.
    """
    return _gallery({"pressed": pressed}, _literal(_wall_html(shelf, name)), elem_id or name)


def changing_gallery(
    shelf: GalleryEntries, pressed: list[int], name: str, elem_id: str = ""
) -> gr.HTML:
    """The same for styles that come and go, see `fill`."""
    return _gallery(fill(shelf, pressed, name), "${value.brushes}", elem_id or name)


def pressed(event: gr.SelectData) -> list[int]:
    """Indices of the brushes that were pressed since the wall told last, see wall.js.

    Two events may be on their way at once: then the first tells all presses, and the second none.
    """
    return [event.index] if event.value is None else [int(index) for index in event.value]


def settle(event: Any) -> None:
    """Take the frames of waiting brushes away after an event, whatever came of it."""
    for after in (event.then, event.failure):
        after(None, None, None, js=_SETTLE, api_visibility="private")


def fill(shelf: GalleryEntries, pressed: list[int], name: str) -> dict[str, Any]:
    """Value of a `changing_gallery`, for an event handler to return."""
    return {"pressed": pressed, "brushes": _wall_html(shelf, name)}


def thumbnail(picture: np.ndarray) -> str:
    """`src` of a brush's thumbnail that its visitor alone sees; picture is uint8 RGB [H,W,3]."""
    return data_uri(fit(picture, _THUMBNAIL), 75)


def _gallery(value: Any, template: str, name: str) -> gr.HTML:
    return gr.HTML(
        value,
        html_template=template,
        apply_default_css=False,
        elem_id=name.lower().replace(" ", "-"),
        elem_classes="brushes",
        js_on_load=(_FOLDER / "gallery.js").read_text(encoding="utf-8"),
    )


def _wall_html(shelf: GalleryEntries, name: str) -> str:
    buttons = "".join(
        f'<button type="button" data-index="{index}"{_address(style)}'
        f' title="{escape(style.rights)}">'
        f'<i class="tile"><img src="{source}" alt=""'
        f' loading="lazy">{preview_html(style.preset) if style.preset else ""}</i>'
        f"<b>{escape(style.title)}</b><span>{escape(style.maker)}</span></button>"
        for index, style, source in shelf
    )
    return f'<div role="group" aria-label="{escape(name)}">{buttons}</div>'


def _address(style: Style) -> str:
    return f' data-address="preset={escape(style.preset)}"' if style.preset else ""


def _literal(html: str) -> str:
    """HTML as a template of Gradio's that means nothing but itself."""
    return "".join(f"&#{ord(c)};" if c in "`$\\{" else c for c in html)


@dataclass(frozen=True)
class MixingSlider:
    """One slider of several that are told at once."""

    label: str
    low: float = 0
    high: float = FULL
    step: float = 1
    unit: str = "\N{NO-BREAK SPACE}%"


def mixing_sliders(
    rows: Sequence[MixingSlider],
    values: Sequence[float],
    elem_id: str,
    *,
    shares: bool = False,
    **more: Any,
) -> gr.HTML:
    """Sliders; what they tell is read by `slider_values`.

    They are the browser's own, so keyboard and screen reader know them.

    Args:
        rows: the sliders.
        values: where they stand.
        elem_id: of them all.
        shares: whether each says its share of their sum; see `slider_positions`.
        more: arguments of the component.
    """
    return gr.HTML(
        slider_positions(rows, values, shares=shares),
        html_template='<div class="faders">${value.rows}</div>',
        apply_default_css=False,
        elem_id=elem_id,
        js_on_load=(_FOLDER / "mixing_sliders.js").read_text(encoding="utf-8"),
        **more,
    )


def slider_positions(
    rows: Sequence[MixingSlider], values: Sequence[float], *, shares: bool = False
) -> Any:
    """Value of `mixing_sliders` that stand there, for an event handler to return.

    With `shares` each says its share of their sum, as the caption does; faders.js does the same.
    """
    total = sum(values) or 1.0
    words = [
        share_words(value / total) if shares else f"{value:g}{row.unit}"
        for row, value in zip(rows, values, strict=True)
    ]
    return {
        "values": [round(value, 2) for value in values],
        "settled": True,
        "shares": shares,
        "rows": "".join(map(_fader_html, rows, values, words)),
    }


def share_words(share: float) -> str:
    """A share of a blend, from 0..1."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%" if share in (0, 1) else percent(share)


def _fader_html(row: MixingSlider, value: float, words: str) -> str:
    return (
        f"<label><span>{escape(row.label)}</span>"
        f'<input type="range" min="{row.low:g}" max="{row.high:g}" step="{row.step:g}"'
        f' value="{value:g}" data-unit="{row.unit}" aria-valuetext="{words}">'
        f"<output>{words}</output></label>"
    )


def slider_values(told: object, rows: Sequence[MixingSlider]) -> list[float]:
    """Where sliders stand, as the page told it: JSON from a client, so anything at all.

    Raises:
        UserError: it is something else.
    """
    match told:
        case {"values": [*values]} if len(values) == len(rows) and all(
            isinstance(value, int | float) and row.low <= value <= row.high
            for value, row in zip(values, rows, strict=True)
        ):
            return [float(value) for value in values]
    raise UserError("These sliders stand where they cannot; please reload the page.")


def is_settled(told: object) -> bool:
    """Whether sliders have come to rest."""
    return not (isinstance(told, dict) and told.get("settled") is False)


def decode_data_uri(sent: object, kind: str, max_bytes: int) -> bytes:
    """The content of a picture that a script of ours sent: JSON from a client, so anything at all.

    Args:
        sent: the URI.
        kind: how it must begin, such as "data:image/png".
        max_bytes: limit on the content.

    Raises:
        UserError: it is something else.
    """
    if isinstance(sent, str) and sent.startswith(kind) and len(sent) < 2 * max_bytes:
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(sent.partition(";base64,")[2], validate=True)
    raise UserError("What this page sent is no picture; please reload it and try again.")
