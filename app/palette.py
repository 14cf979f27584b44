"""Colours of the page, and of movements wherever they are shown by colour. Defined once, here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Colours of one mode; text on background, paper and press has a contrast of 4.5 to 1.

    Attributes:
        background: the page.
        paper: what is on it.
        ink: text.
        soft: small print.
        line: edges that only divide.
        edge: edges of what can be pressed, 3 to 1 against the background.
        accent: text and lines of what can be pressed.
        press: a pressed or primary button.
        on_press: text on it.
        alarm: text of errors.
        idle: bars of a verdict that does not count.
    """

    background: str
    paper: str
    ink: str
    soft: str
    line: str
    edge: str
    accent: str
    press: str
    on_press: str
    alarm: str
    idle: str


LIGHT = Palette(
    background="#f8f5ef",
    paper="#fffdf9",
    ink="#1f1c18",
    soft="#5f584e",
    line="#e2dace",
    edge="#8a8174",
    accent="#2a35a8",
    press="#2a35a8",
    on_press="#ffffff",
    alarm="#9c1c1c",
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
    press="#4b58d8",
    on_press="#ffffff",
    alarm="#ffa49c",
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
