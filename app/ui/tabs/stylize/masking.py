"""Drawing where to paint, on the easel itself: one mask, or one for each style."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from app.errors import UserError
from app.imaging import read_picture
from app.ui.components.widgets import html
from app.ui.tabs.stylize.style_mix import MOST_STYLES, StyleMix
from app.ui.tabs.stylize.widgets import decode_data_uri

ONLY, EXCEPT = "Paint only where I draw", "Paint everywhere else"
EACH = "Each style where I draw it"

PENS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
"""Colours that tell apart for colour-blind eyes too (Okabe and Ito 2008)."""

_FOLDER = Path(__file__).parent
_SIDE = 384  # Longest side of a sheet in pixels, as in mask.js.
_BYTES = 2**18
_LONGEST_KEY = 200
_MORE_STYLES = (
    '<p class="small">Tick <i>Blend</i> and choose two or more styles; then draw where each one'
    " paints.</p>"
)
_ABOUT_PENS = '<p class="small">A style that is drawn nowhere paints wherever no other is.</p>'


@dataclass(frozen=True, eq=False)
class Drawn:
    """Where to paint.

    Attributes:
        mask: uint8 [h,w], 255 where to paint; None for everywhere.
        regions: the same for single styles, by their keys; those that are missing paint what no
            region claims.
    """

    mask: np.ndarray | None = None
    regions: Mapping[str, np.ndarray] = field(default_factory=dict)


class MaskForm:
    """Lays out the tools; to be made below the easel of a tab, in the same row as its form.

    Args:
        begin: begins the ids.

    Attributes:
        sheet: what is drawn.
        side: what that means.
        pens: one for each style, where each has a mask of its own; see `show`.
    """

    def __init__(self, begin: str = "") -> None:
        self.sheet = gr.HTML(
            {},
            html_template=(_FOLDER / "mask.html").read_text(encoding="utf-8"),
            js_on_load=(_FOLDER / "mask.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=f"{begin}mask",
        )
        self.side = gr.Radio(
            [ONLY, EXCEPT, EACH],
            value=ONLY,
            label="What the mask means",
            elem_id=f"{begin}mask-side",
            elem_classes="mask-side",
        )
        self.pens = html("", f"{begin}pens")
        self.parts: list[Any] = [self.sheet, self.side]

    def read(self, said: dict[Any, Any]) -> Drawn:
        """What was drawn.

        Raises:
            UserError: the page says what it cannot.
        """
        sheets = read_sheets(said[self.sheet])
        one = sheets.pop("", None)
        if said[self.side] == EACH:
            return Drawn(regions=sheets)
        if one is not None and said[self.side] == EXCEPT:
            one = 255 - one
        return Drawn(one)

    def show(self, said: dict[Any, Any], style_mix: StyleMix) -> dict[Any, Any]:
        """For an event handler to return: a pen for each style in use, if each has a mask."""
        return {self.pens: pens_html(style_mix) if said[self.side] == EACH else ""}


def pens_html(style_mix: StyleMix) -> str:
    """A pen for each style in use; with one alone, how to choose more."""
    pairs = zip(style_mix.styles, style_mix.weights, strict=True)
    styles = [style for style, weight in pairs if weight > 0]
    if len(styles) < 2:
        return f'<div class="pen-choice">{_MORE_STYLES}</div>'
    pens = "".join(
        f'<button type="button" class="quiet" data-key="{escape(style.key)}"'
        f' style="--pen: {colour}">{escape(style.title)}</button>'
        for style, colour in zip(styles, PENS, strict=False)
    )
    group = f'<div class="pens" role="group" aria-label="Style to draw">{pens}</div>'
    return f'<div class="pen-choice">{group}{_ABOUT_PENS}</div>'


def read_sheets(told: object) -> dict[str, np.ndarray]:
    """What was drawn, by the pens' keys: JSON from a client, so anything at all.

    Returns:
        uint8 [h,w] each, 255 where something is drawn; none where nothing is.

    Raises:
        UserError: it is no drawing.
    """
    if not isinstance(told, dict) or len(told) > MOST_STYLES + 1:
        raise UserError("This page sent a mask that cannot be; please reload it and try again.")
    sheets = {str(key)[:_LONGEST_KEY]: _read_sheet(drawn) for key, drawn in told.items()}
    return {key: sheet for key, sheet in sheets.items() if sheet.any()}


def _read_sheet(drawn: object) -> np.ndarray:
    """A drawing in any colour without red, on nothing or on white."""
    png = decode_data_uri(drawn, "data:image/png", _BYTES)
    sheet = read_picture(png, max_pixels=_SIDE**2, max_bytes=_BYTES)
    mask: np.ndarray = 255 - sheet[..., 0]
    return mask
