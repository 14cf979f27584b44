"""What the report says of the painters: their own files' numbers, or nothing."""

import json

import pytest

from app import MODELS
from app.serving.runtime import read_metadata
from app.ui.tabs.report.painters import instant, slow
from app.ui.wording import percent
from tests.app.ui.tabs.report.text import text
from training.style.shipped_files import STYLIZER_FILE, TEXTURE_FILE


def test_the_instant_painter_s_numbers_are_its_file_s():
    metadata = read_metadata(MODELS / STYLIZER_FILE)
    metrics = json.loads(metadata["metrics"])
    said = text(instant(metadata))
    assert f"correlate by {metrics['stroke_likeness']:.2f}" in said
    assert f"before and after by {metrics['colour_leak']:.2f}" in said
    for score in metrics["scores"].values():
        assert f"{score['style']:.3f}" in said
        assert f"{score['lpips']:.2f}" in said
    scores = metrics["scores"]
    left = scores["stylizer"]["style"] / scores["photograph"]["style"]
    assert (
        f"leaves {percent(left)} of the way to the style".replace("\N{NO-BREAK SPACE}", " ") in said
    )
    assert "The photograph, untouched" in said
    assert "The same, strength 0.5" in said


def test_the_slow_painter_s_numbers_are_its_file_s():
    metadata = read_metadata(MODELS / TEXTURE_FILE)
    metrics = json.loads(metadata["metrics"])
    said = text(slow(metadata))
    assert f"leaves {metrics['gatys']['ratio']:.1f} times" in said
    for layer, found in metrics["correlation"]["style"].items():
        assert layer in said
        assert f"{found['pearson']:.3f}" in said


@pytest.mark.parametrize("section", [instant, slow])
def test_a_file_without_numbers_is_no_section(section):
    with pytest.raises((KeyError, ValueError)):
        section({})
    with pytest.raises((KeyError, ValueError)):
        section({"metrics": "{", "data": "{}"})
