"""A picture's few colours as swatches, with names that people use."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from app.ui.wording import percent
from training.common.texture_features.palette import Swatch
from training.common.texture_features.sheet import to_lab

_HUE = 1.5  # How much more a difference of hue or chroma counts for a name than one of lightness.

_NAMES = {
    "black": "#111111",
    "soft black": "#242426",
    "charcoal": "#3f3f41",
    "slate grey": "#5f6a75",
    "grey": "#8a8a8a",
    "warm grey": "#9a928a",
    "green grey": "#7f8b84",
    "blue grey": "#75858f",
    "pale grey": "#bdbdbb",
    "white": "#fafafa",
    "ivory": "#f3ead3",
    "cream": "#ead9ae",
    "sand": "#cdb48a",
    "beige": "#b39b7c",
    "taupe": "#84725f",
    "umber": "#5b4433",
    "dark brown": "#33241c",
    "brown": "#7a4a28",
    "sienna": "#a0562d",
    "ochre": "#c58a2b",
    "orange": "#e8802a",
    "peach": "#f0b48c",
    "gold": "#e0b040",
    "yellow": "#f2d338",
    "pale yellow": "#f4e793",
    "olive": "#75702f",
    "moss green": "#56653a",
    "dark green": "#22402c",
    "green": "#3d8a44",
    "sage": "#99a784",
    "mint": "#a9d8b8",
    "turquoise": "#3aa6a0",
    "petrol": "#1f4d57",
    "ink blue": "#23303f",
    "navy": "#22305c",
    "dusk blue": "#44588a",
    "sky blue": "#8fbbdf",
    "pale blue": "#c4d6e2",
    "steel blue": "#5880a5",
    "blue": "#2b5fc0",
    "ultramarine": "#2a35a8",
    "midnight blue": "#1c2340",
    "lavender": "#b3a6cf",
    "violet": "#6e4b9e",
    "plum": "#5a2d4f",
    "mauve": "#a07f94",
    "magenta": "#c43a86",
    "pink": "#eaa9b8",
    "rose": "#d0687d",
    "red": "#cf2b2b",
    "crimson": "#9a1b33",
    "maroon": "#551d22",
    "terracotta": "#bd6146",
}


def name_of(colour: Sequence[int]) -> str:
    """What people would call a colour, red, green and blue of 0..255.

    The nearest in CIELAB, where a name says less of light and dark than of hue.
    """
    away = (_PLACES - to_lab(np.array([[colour]], np.uint8))[0]) * (1, _HUE, _HUE)
    distances = np.linalg.norm(away, axis=1)
    return list(_NAMES)[int(distances.argmin())]


def hexadecimal(colour: Sequence[int]) -> str:
    """A colour as "#2a35a8"."""
    return "#" + "".join(f"{value:02x}" for value in colour)


def swatches_html(
    swatches: Sequence[Swatch], movements: Mapping[str, Sequence[Swatch]], likely: str
) -> str:
    """HTML of a palette, and of the movements' palettes below it.

    Args:
        swatches: of the picture.
        movements: commonest colours by movement; empty where they are not known.
        likely: the movement to name first.
    """
    listed = "".join(
        f'<li><i style="background: {hexadecimal(colour)}"></i><b>{name_of(colour)}</b>'
        f"<span>{percent(share)}</span><code>{hexadecimal(colour)}</code></li>"
        for colour, share in swatches
    )
    order = sorted(movements, key=lambda movement: movement != likely)
    others = "".join(
        f"<div><span>{escape(movement)}</span>{bar_of_colours(movements[movement])}</div>"
        for movement in order
    )
    beside, below = "", ""
    if others:
        beside = f'<div class="others">{others}</div>'
        below = ", and below those of the movements' training paintings"
    return (
        f'<figure class="swatches">{bar_of_colours(swatches)}<ul>{listed}</ul>{beside}'
        "<figcaption>The few colours that stand for all of the picture's, by area"
        f"{below}; they are means of many, so none of them need be a pigment.</figcaption></figure>"
    )


def bar_of_colours(swatches: Sequence[Swatch]) -> str:
    """Colours side by side, as wide as their shares."""
    parts = "".join(
        f'<i style="flex-grow: {share:.4f}; background: {hexadecimal(colour)}"'
        f' title="{name_of(colour)}, {percent(share)}"></i>'
        for colour, share in swatches
    )
    said = ", ".join(f"{name_of(colour)} {percent(share)}" for colour, share in swatches)
    return f'<div class="bar-of-colours" role="img" aria-label="{said}">{parts}</div>'


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


_PLACES = to_lab(np.array([[_rgb(colour) for colour in _NAMES.values()]], np.uint8))[0]
