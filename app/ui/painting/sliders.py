"""Sliders that send all their values at once, such as the weights of a blend."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from app.errors import UserError
from app.translation import gettext as _
from app.ui.painting.style_mix import FULL
from app.ui.wording import percent

_FOLDER = Path(__file__).parent
_TEMPLATE = (
    '<div class="mixing-sliders" data-little="{little}" data-much="{much}">${{value.rows}}</div>'
)


@dataclass(frozen=True)
class MixingSlider:
    """One slider of several."""

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
    **options: Any,
) -> gr.HTML:
    """Sliders in one component, whose value `slider_values` reads.

    They are the browser's own, so keyboard and screen reader know them.

    Args:
        rows: the sliders.
        values: their positions.
        elem_id: of the component.
        shares: whether each is labelled with its share of their sum; see `slider_positions`.
        options: arguments of the component.
    """
    return gr.HTML(
        slider_positions(rows, values, shares=shares),
        html_template=_TEMPLATE.format(little=percent(0.0), much=percent(1.0)),
        apply_default_css=False,
        elem_id=elem_id,
        js_on_load=(_FOLDER / "mixing_sliders.js").read_text(encoding="utf-8"),
        **options,
    )


def slider_positions(
    rows: Sequence[MixingSlider], values: Sequence[float], *, shares: bool = False
) -> Any:
    """Value of `mixing_sliders` at these positions, for an event handler to return.

    With `shares` each is labelled with its share of their sum, as captions are; mixing_sliders.js
    does the same.
    """
    total = sum(values) or 1.0
    labels = [
        share_label(value / total) if shares else f"{value:g}{row.unit}"
        for row, value in zip(rows, values, strict=True)
    ]
    return {
        "values": [round(value, 2) for value in values],
        "settled": True,
        "shares": shares,
        "rows": "".join(map(_slider_html, rows, values, labels)),
    }


def share_label(share: float) -> str:
    """A share of a blend, from 0..1."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%" if share in (0, 1) else percent(share)


def _slider_html(row: MixingSlider, value: float, label: str) -> str:
    return (
        f"<label><span>{escape(row.label)}</span>"
        f'<input type="range" min="{row.low:g}" max="{row.high:g}" step="{row.step:g}"'
        f' value="{value:g}" data-unit="{row.unit}" aria-valuetext="{label}">'
        f"<output>{label}</output></label>"
    )


def slider_values(sent: object, rows: Sequence[MixingSlider]) -> list[float]:
    """Positions of sliders, as the page sent them: JSON from a client, so anything at all.

    Raises:
        UserError: it is something else.
    """
    match sent:
        case {"values": [*values]} if len(values) == len(rows) and all(
            isinstance(value, int | float) and row.low <= value <= row.high
            for value, row in zip(values, rows, strict=True)
        ):
            return [float(value) for value in values]
    raise UserError(_("These sliders stand where they cannot; please reload the page."))


def is_settled(sent: object) -> bool:
    """Whether no slider is being dragged."""
    return not (isinstance(sent, dict) and sent.get("settled") is False)
