"""Colours and fonts: a warm background, ultramarine for what can be pressed, a serif for headings.

The files in `style/` and Gradio's own variables take their colours from `app.palette`. Only fonts
of the visitor's system are used: the page loads nothing from anywhere else.
"""

from dataclasses import asdict
from pathlib import Path

from gradio.themes import Base

from app.palette import DARK, LIGHT
from app.translation import gettext as _

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
SERIF = (
    "Iowan Old Style, Palatino Linotype, Palatino, URW Palladio L, P052, Georgia,"
    " Noto Serif, DejaVu Serif Condensed, serif"
)

WORDS = {
    "working": _("Working"),
    "looking": _("Looking"),
    "asking": _("Asking the classifier"),
    "reading": _("Reading the picture"),
    "painting": _("Painting"),
    "drawing": _("Drawing the map"),
    "waiting": _("Waiting for your turn"),
    "uploading": _("Uploading"),
    "camera": _("Use your camera"),
}
"""What the files in `style/` write in place of Gradio's own words, as `--words-working`, ..."""


def stylesheet() -> str:
    """Palettes and words as CSS variables (`--background`, ...), then the files in `style/`."""
    light, dark = (
        "".join(f"--{name.replace('_', '-')}: {value};" for name, value in asdict(mode).items())
        for mode in (LIGHT, DARK)
    )
    files = sorted((Path(__file__).parent / "style").glob("*.css"))
    rules = "\n".join(file.read_text(encoding="utf-8") for file in files)
    words = "".join(f"--words-{name}: {_css_string(text)};" for name, text in WORDS.items())
    return f":root {{{light} --serif: {SERIF};{words}}}\n.dark {{{dark}}}\n{rules}"


def _css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def theme() -> Base:
    """Gradio's own components in the same colours, without boxes around everything."""
    return Base(font=SANS, font_mono=("ui-monospace", "Consolas", "monospace")).set(
        # Written out rather than as variables: Gradio paints the page before any CSS is loaded.
        body_background_fill=LIGHT.background,
        body_background_fill_dark=DARK.background,
        body_text_color=LIGHT.ink,
        body_text_color_dark=DARK.ink,
        body_text_color_subdued="var(--soft)",
        background_fill_primary="var(--paper)",
        background_fill_primary_dark="var(--paper)",
        background_fill_secondary="var(--background)",
        background_fill_secondary_dark="var(--background)",
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
        checkbox_label_background_fill_selected="var(--button)",
        checkbox_label_background_fill_selected_dark="var(--button)",
        checkbox_label_border_width="1px",
        checkbox_label_border_color="var(--edge)",
        checkbox_label_border_color_dark="var(--edge)",
        checkbox_label_text_color="var(--ink)",
        checkbox_label_text_color_dark="var(--ink)",
        checkbox_label_text_color_selected="var(--on-button)",
        checkbox_label_text_color_selected_dark="var(--on-button)",
        checkbox_label_padding="0.45rem 0.9rem",
        checkbox_label_shadow="none",
        loader_color="var(--accent)",
        slider_color="var(--accent)",
        error_text_color="var(--error)",
        error_text_color_dark="var(--error)",
    )
