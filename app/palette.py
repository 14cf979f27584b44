"""Colours of the page, and of the movements in charts and on maps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Colours of one mode; text on background, paper and button has a contrast of 4.5 to 1.

    Attributes:
        background: of the page.
        paper: of inputs and cards on it.
        ink: text.
        soft: secondary text.
        line: dividing lines.
        edge: borders of controls, 3 to 1 against the background.
        accent: text and lines of controls.
        button: a pressed or primary button.
        on_button: text on it.
        error: error messages.
        idle: bars of a reading without a verdict.
    """

    background: str
    paper: str
    ink: str
    soft: str
    line: str
    edge: str
    accent: str
    button: str
    on_button: str
    error: str
    idle: str


LIGHT = Palette(
    background="#f8f5ef",
    paper="#fffdf9",
    ink="#1f1c18",
    soft="#5f584e",
    line="#e2dace",
    edge="#8a8174",
    accent="#2a35a8",
    button="#2a35a8",
    on_button="#ffffff",
    error="#9c1c1c",
    idle="#8f887d",
)
DARK = Palette(
    background="#161412",
    paper="#1f1c19",
    ink="#f2ede4",
    soft="#b8afa2",
    line="#38332d",
    edge="#857c70",
    accent="#a9b4ff",
    button="#4b58d8",
    on_button="#ffffff",
    error="#ffa49c",
    idle="#8a8277",
)

MOVEMENT_COLOURS = {
    "Abstract": "#a578b4",
    "Cubism": "#d27800",
    "Expressionism": "#b43c2d",
    "Impressionism": "#789678",
    "Realism": "#a500d2",
}
OTHER_COLOUR = "#696969"
"""Of movements, wherever they are shown by colour, and of all other art: each has a contrast of 3
to 1 against both backgrounds, and any two differ by 16 in CIEDE2000, also in Machado's simulations
(2009) of protanopia, deuteranopia and tritanopia."""
