"""What the forms of both painting tabs have in common: colours, style size, and masks.

Masks are drawn on the painting itself: one mask, or one for each style.
"""

import base64
import binascii
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, get_args

import gradio as gr
import numpy as np

from app.colour import Colours
from app.errors import UserError
from app.imaging import read_picture
from app.serving.style import STYLE_SIZES
from app.translation import gettext as _
from app.ui.components.widgets import html
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.sliders import MixingSlider
from app.ui.painting.style_mix import MOST_STYLES, StyleMix

STYLE_SIZE = [
    MixingSlider(_("Style size"), *STYLE_SIZES, step=0.05, unit="\N{MULTIPLICATION SIGN}")
]

COLOURS: dict[Colours, str] = {
    "style": _("the style's"),
    "photograph": _("the picture's own"),
    "palette": _("the picture's palette"),
}

ONLY, EXCEPT = _("Paint only where I draw"), _("Paint everywhere else")
EACH = _("Each style where I draw it")

PENS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
"""Colours that tell apart for colour-blind eyes too (Okabe and Ito 2008)."""

_FOLDER = Path(__file__).parent
_SIDE = 384  # Longest side of a drawing in pixels, as in mask.js.
_BYTES = 2**18
_LONGEST_KEY = 200


def colours_radio(elem_id: str | None = None) -> gr.Radio:
    """The choice of colours; `read_colours` reads it."""
    choices = [(label, colours) for colours, label in COLOURS.items()]
    return gr.Radio(choices, value="style", label=_("Colours"), elem_id=elem_id)


def read_colours(sent: Any) -> Colours:
    """Which colours were chosen.

    Raises:
        UserError: there are no such colours.
    """
    if sent not in get_args(Colours):
        raise UserError(_("There are no such colours; please reload the page."))
    colours: Colours = sent
    return colours


@dataclass(frozen=True, eq=False)
class DrawnMasks:
    """Where to paint.

    Attributes:
        mask: uint8 [h,w], 255 where to paint; None for everywhere.
        regions: the same for single styles, by their keys; those that are missing paint what no
            region claims.
        per_style: whether each style has a mask of its own.
    """

    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)
    per_style: bool = False


class MaskForm:
    """Lays out the drawing tools; to be created below the compare slider of a tab.

    Args:
        prefix: begins the ids.

    Attributes:
        drawing: what is drawn: a PNG as data URI for each pen, by its key.
        meaning: what the mask means.
        pens: one for each style, where each has a mask of its own; see `update`.
    """

    def __init__(self, prefix: str = "") -> None:
        self.drawing = gr.HTML(
            {},
            html_template=_mask_template(),
            js_on_load=(_FOLDER / "mask.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=f"{prefix}mask",
        )
        self.meaning = gr.Radio(
            [ONLY, EXCEPT, EACH],
            value=ONLY,
            label=_("What the mask means"),
            elem_id=f"{prefix}mask-meaning",
            elem_classes="mask-meaning",
        )
        self.pens = html("", f"{prefix}pens")
        self.parts: list[Any] = [self.drawing, self.meaning]

    def read(self, values: ComponentValues) -> DrawnMasks:
        """What was drawn.

        Raises:
            UserError: the page sent something else.
        """
        drawings = read_drawings(values[self.drawing])
        one = drawings.pop("", None)
        if values[self.meaning] == EACH:
            return DrawnMasks(regions=drawings, per_style=True)
        if one is not None and values[self.meaning] == EXCEPT:
            one = 255 - one
        return DrawnMasks(one)

    def update(self, style_mix: StyleMix, *, per_style: bool) -> Updates:
        """For an event handler to return: a pen for each style in use, if each has a mask."""
        return {self.pens: pens_html(style_mix) if per_style else ""}


def _mask_template() -> str:
    template = (_FOLDER / "mask.html").read_text(encoding="utf-8")
    return template.format(
        canvas=_("Draw here, with a finger or the mouse"),
        draw=_("Draw a mask"),
        tools=_("Drawing tools"),
        pen=_("Pen"),
        eraser=_("Eraser"),
        undo=_("Undo"),
        redo=_("Redo"),
        clear=_("Clear"),
        size=_("Size"),
    )


def pens_html(style_mix: StyleMix) -> str:
    """A pen for each style in use; with one alone, how to choose more."""
    pairs = zip(style_mix.styles, style_mix.weights, strict=True)
    styles = [style for style, weight in pairs if weight > 0]
    if len(styles) < 2:
        more = _(
            "Tick <i>Blend</i> and choose two or more styles; then draw where each one paints."
        )
        return f'<div class="pen-choice"><p class="small">{more}</p></div>'
    pens = "".join(
        f'<button type="button" class="quiet" data-key="{escape(style.key)}"'
        f' style="--pen: {colour}">{escape(style.title)}</button>'
        for style, colour in zip(styles, PENS, strict=False)
    )
    group = f'<div class="pens" role="group" aria-label="{_("Style to draw")}">{pens}</div>'
    about = _("A style that is drawn nowhere paints wherever no other is.")
    return f'<div class="pen-choice">{group}<p class="small">{about}</p></div>'


def read_drawings(sent: object) -> dict[str, np.ndarray]:
    """What was drawn, by the pens' keys: JSON from a client, so anything at all.

    Returns:
        uint8 [h,w] each, 255 where something is drawn; none where nothing is.

    Raises:
        UserError: it is no drawing.
    """
    if not isinstance(sent, dict) or len(sent) > MOST_STYLES + 1:
        raise UserError(_("This page sent a mask that cannot be; please reload it and try again."))
    drawings = {str(key)[:_LONGEST_KEY]: _read_drawing(drawn) for key, drawn in sent.items()}
    return {key: drawing for key, drawing in drawings.items() if drawing.any()}


def _read_drawing(sent: object) -> np.ndarray:
    """A drawing in any colour without red, on nothing or on white."""
    png = decode_data_uri(sent, "data:image/png", _BYTES)
    drawing = read_picture(png, max_pixels=_SIDE**2, max_bytes=_BYTES)
    mask: np.ndarray = 255 - drawing[..., 0]
    return mask


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
    raise UserError(_("What this page sent is no picture; please reload it and try again."))
