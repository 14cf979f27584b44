import re
from dataclasses import asdict
from pathlib import Path

import pytest

import app.ui
from app.palette import DARK, LIGHT, Palette
from app.ui.theme import stylesheet, theme

UI = Path(app.ui.__file__).parent


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [LIGHT, DARK])
def test_text_has_enough_contrast(mode: Palette):
    for text in (mode.ink, mode.soft, mode.accent, mode.error):
        assert contrast(text, mode.background) >= 4.5
        assert contrast(text, mode.paper) >= 4.5
    assert contrast(mode.on_button, mode.button) >= 4.5


@pytest.mark.parametrize("mode", [LIGHT, DARK])
def test_controls_and_grey_bars_have_enough_contrast(mode: Palette):
    for mark in (mode.edge, mode.idle, mode.button):
        assert contrast(mark, mode.background) >= 3


def test_every_variable_that_the_stylesheet_uses_is_defined():
    css = stylesheet()
    sources = [file for file in UI.rglob("*") if file.suffix in {".py", ".html", ".js"}]
    templates = "".join(file.read_text(encoding="utf-8") for file in sources)
    defined = set(re.findall(r"(--[\w-]+)[\"']?\s*[:,]", css + templates))
    sheets = {f"--s{number}" for number in range(4)}  # Numbered while they are written.
    assert set(re.findall(r"var\((--[\w-]+)", css)) <= defined | sheets


def test_both_modes_define_the_same_colours():
    light, dark = re.search(r":root {(.*?)}\s*\.dark {(.*?)}", stylesheet()).groups()
    names = {f"--{name.replace('_', '-')}" for name in asdict(LIGHT)}
    for mode in (light, dark):
        assert names <= set(re.findall(r"(--[\w-]+):", mode))


def test_nothing_is_loaded_from_elsewhere():
    assert theme()._stylesheets == []
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", stylesheet())
