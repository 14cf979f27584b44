"""The look: a museum room. Warm wall, ultramarine for what can be pressed, a serif for headings.

Colours are typed once, here: the files in `style/` and Gradio's own variables take them from these
palettes. Only fonts of the visitor's system are used: the page loads nothing from anywhere else.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from gradio.themes import Base

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
SERIF = (
    "Iowan Old Style, Palatino Linotype, Palatino, URW Palladio L, P052, Georgia,"
    " Noto Serif, DejaVu Serif Condensed, serif"
)


@dataclass(frozen=True)
class Palette:
    """Colours of one mode; text on wall, paper and press reaches a contrast of 4.5 to 1.

    Attributes:
        wall: the page.
        paper: what lies on it.
        ink: text.
        soft: small print.
        line: edges that only divide.
        edge: edges of what can be pressed, 3 to 1 against the wall.
        accent: text and lines of what can be pressed.
        press: a pressed or primary button.
        on_press: text on it.
        alarm: text that says what went wrong.
        idle: bars of a verdict that does not count.
    """

    wall: str
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
    wall="#f8f5ef",
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
    wall="#161412",
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
"""Of movements, wherever one is told by its colour, and of all other art: each has a contrast of 3
to 1 against both walls, and eyes of all kinds (Machado's simulations of protanopia, deuteranopia
and tritanopia, 2009) can tell any two apart, by 16 in CIEDE2000."""


def stylesheet() -> str:
    """The palettes as CSS variables (`--wall`, `--ink`, ...), then the files in `style/`."""
    light, dark = (
        "".join(f"--{name.replace('_', '-')}: {value};" for name, value in asdict(mode).items())
        for mode in (LIGHT, DARK)
    )
    files = sorted((Path(__file__).parent / "style").glob("*.css"))
    rules = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return f":root {{{light} --serif: {SERIF};}}\n.dark {{{dark}}}\n{rules}"


def theme() -> Base:
    """Gradio's own components in the same colours, without boxes around everything."""
    return Base(font=SANS, font_mono=("ui-monospace", "Consolas", "monospace")).set(
        # Written out rather than as variables: Gradio paints the page before any CSS is loaded.
        body_background_fill=LIGHT.wall,
        body_background_fill_dark=DARK.wall,
        body_text_color=LIGHT.ink,
        body_text_color_dark=DARK.ink,
        body_text_color_subdued="var(--soft)",
        background_fill_primary="var(--paper)",
        background_fill_primary_dark="var(--paper)",
        background_fill_secondary="var(--wall)",
        background_fill_secondary_dark="var(--wall)",
        border_color_primary="var(--line)",
        border_color_primary_dark="var(--line)",
        border_color_accent="var(--accent)",
        border_color_accent_dark="var(--accent)",
        color_accent="var(--accent)",
        color_accent_soft="var(--line)",
        color_accent_soft_dark="var(--line)",
        link_text_color="var(--accent)",
        link_text_color_dark="var(--accent)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_padding="0",
        block_label_text_color="var(--soft)",
        block_label_text_color_dark="var(--soft)",
        block_title_text_color="var(--ink)",
        block_title_text_color_dark="var(--ink)",
        block_title_text_size="0.95rem",
        block_info_text_color="var(--soft)",
        block_info_text_color_dark="var(--soft)",
        input_background_fill="var(--paper)",
        input_background_fill_dark="var(--paper)",
        input_border_color="var(--edge)",
        input_border_color_dark="var(--edge)",
        input_border_color_focus="var(--accent)",
        input_border_color_focus_dark="var(--accent)",
        input_border_width="1px",
        checkbox_label_background_fill="var(--paper)",
        checkbox_label_background_fill_dark="var(--paper)",
        checkbox_label_background_fill_hover="var(--line)",
        checkbox_label_background_fill_hover_dark="var(--line)",
        checkbox_label_background_fill_selected="var(--press)",
        checkbox_label_background_fill_selected_dark="var(--press)",
        checkbox_label_border_width="1px",
        checkbox_label_border_color="var(--edge)",
        checkbox_label_border_color_dark="var(--edge)",
        checkbox_label_text_color="var(--ink)",
        checkbox_label_text_color_dark="var(--ink)",
        checkbox_label_text_color_selected="var(--on-press)",
        checkbox_label_text_color_selected_dark="var(--on-press)",
        checkbox_label_padding="0.45rem 0.9rem",
        checkbox_label_shadow="none",
        loader_color="var(--accent)",
        slider_color="var(--accent)",
        error_text_color="var(--alarm)",
        error_text_color_dark="var(--alarm)",
    )
