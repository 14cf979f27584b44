# ruff: noqa: F811 - atlas_folder is a fixture
"""Sheets and cards of the atlas: their HTML and their words."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.serving.atlas import Atlas, stripe_orientation
from app.serving.dictionary import Dictionary
from app.serving.dictionary_search import search
from app.ui.static_files import share_file
from app.ui.tabs.atlas.channel_card import (
    card_html,
    compare_with_tile,
    details,
    link,
    preference,
    response,
    stripes,
    vote,
)
from app.ui.tabs.atlas.tile_sheet import PER_PAGE, SheetQuery, sheet_caption, sheet_html
from tests.atlas_fixture import atlas_folder  # noqa: F401
from training.common.movements import MOVEMENTS


@pytest.fixture(scope="module")
def atlas(atlas_folder: Path) -> Atlas:
    return Atlas.read(atlas_folder / "atlas")


@pytest.fixture(scope="module")
def dictionary(atlas_folder: Path) -> Dictionary:
    return Dictionary.read(atlas_folder / "atlas")


def test_tiles_are_parts_of_their_sheets(atlas, dictionary):
    shown = sheet_html(
        atlas, dictionary, SheetQuery("conv3_block12", "fine"), [256 + 256 + 18, 256], 256
    )
    sheets = [
        share_file(atlas.folder / f"conv3_block12-{number}.webp")  # In the order of the tiles.
        for number in (1, 0)
    ]
    assert re.findall(r"--s\d:url\('([^']+)'\)", shown) == sheets
    first, second = re.findall(r"<button.*?</button>", shown)
    assert 'class="s0"' in first
    assert "--c:2;--r:1" in first
    assert 'class="s1"' in second
    assert 'aria-pressed="true"' in second
    assert 'title="Channel 274: answers to' in first


def test_a_card_links_to_itself(dictionary):
    assert link(dictionary.card("conv4_block24", 17)) == "?layer=conv4_block24&amp;channel=17"


def test_a_card_shows_stripes_in_their_direction_and_width(atlas, dictionary):
    card = replace(
        dictionary.card("conv3_block12", 6),
        orientation=30.0,
        frequency=1 / 16,
        hue="blue-yellow",
        drive=2.0,
    )
    shown = card_html(atlas, dictionary, card)
    assert "--angle: 150deg; --distance: 16.00px" in shown
    assert "--dark: #848405" in shown
    assert shown.count('<div class="grating"') == 1
    assert shown.count("data-index=") == len(card.nearest) == 6
    assert shown.count("<li>") == 5  # No paintings are known.
    unresponsive = card_html(atlas, dictionary, replace(card, drive=0.1))
    assert "--angle" not in unresponsive
    assert "answers to no stripes" in unresponsive.lower()


def test_bars_point_to_the_side_of_the_vote(atlas, dictionary):
    votes = dict(zip(MOVEMENTS, (0.5, -0.25, 0.0, 0.1, -0.35), strict=True))
    shown = card_html(atlas, dictionary, replace(dictionary.card("conv3_block12", 6), votes=votes))
    bars = re.findall(r'<i class="(\w+)"', shown)
    assert bars == ["for", "against", "for", "for", "against"]
    assert "votes for Abstract most, and against Realism" in shown


@pytest.mark.parametrize("angle", [0, 30, 90, 150])
def test_stripe_orientation_of_a_picture(angle):
    rows, columns = np.mgrid[:96, :96]
    across = columns * np.sin(np.radians(angle)) + rows * np.cos(np.radians(angle))
    stripes = (127 + 100 * np.sin(2 * np.pi * across / 8)).astype(np.uint8)
    found, coherence = stripe_orientation(stripes[..., None].repeat(3, 2))
    assert abs((found - angle + 90) % 180 - 90) < 2
    assert coherence > 0.9


def test_the_card_says_whether_the_tile_shows_the_measured_stripes(card):
    rows, columns = np.mgrid[:96, :96]
    vertical = (127 + 100 * np.sin(columns)).astype(np.uint8)[..., None].repeat(3, 2)
    blobs = (127 + 60 * np.sin(columns / 5) + 60 * np.sin(rows / 5)).astype(np.uint8)
    blobs = blobs[..., None].repeat(3, 2)
    near_vertical = replace(card, orientation=92.0)
    assert "runs the same way" in compare_with_tile(near_vertical, vertical)
    assert "has no one direction: it shows something else" in compare_with_tile(
        near_vertical, blobs
    )
    assert "runs another way" in compare_with_tile(replace(card, orientation=10.0), vertical)
    assert "need not show any" in compare_with_tile(replace(card, selectivity=0.1), vertical)
    assert compare_with_tile(replace(card, drive=0.1), vertical) == ""


@pytest.fixture
def card(dictionary):
    return replace(
        dictionary.card("conv3_block12", 6),
        hue="red-green",
        orientation=92.0,
        selectivity=0.6,
        frequency=1 / 5,
        drive=2.0,
        reliability=0.9,
        colourfulness=0.2,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "answers to fine vertical stripes, hardly to colour"),
        ({"orientation": 40.0}, "answers to fine rising stripes, hardly to colour"),
        ({"frequency": 1 / 30}, "answers to coarse vertical stripes, hardly to colour"),
        ({"frequency": 1 / 12}, "answers to medium vertical stripes, hardly to colour"),
        ({"selectivity": 0.1}, "answers to fine stripes of any direction, hardly to colour"),
        ({"colourfulness": 0.35}, "answers to fine vertical stripes, less to colour"),
        ({"colourfulness": 0.5}, "answers to fine vertical stripes, in colour as in grey"),
        (
            {"colourfulness": 0.7},
            "answers to fine vertical stripes of red and green, less to light and dark",
        ),
        (
            {"colourfulness": 0.9, "selectivity": 0.0},
            "answers to fine stripes of red and green of any direction, hardly to light and dark",
        ),
        ({"drive": 0.1}, "answers to no stripes: what it looks for is more than a grating shows"),
        (
            {"reliability": 0.1},
            "answers to no stripes: what it looks for is more than a grating shows",
        ),
    ],
)
def test_the_response_in_words(card, changes, words):
    assert response(replace(card, **changes)) == words


def test_the_words_are_those_that_search_understands(dictionary):
    for number in range(300, 330):
        card = dictionary.card(*dictionary.channel(number))
        if card.responds:
            assert number in search(dictionary, stripes(card).replace("any direction", ""))


def test_a_preference_is_named_where_it_is_clear(card):
    def sentence(*values: float) -> str:
        return preference(replace(card, preferences=dict(zip(MOVEMENTS, values, strict=True))))

    assert sentence(0.5, 0, 0, 0, -0.5) == (
        "It answers most to paintings of Abstract and least to those of Realism."
    )
    assert sentence(0.1, 0, 0, 0, -0.5) == "It answers least to those of Realism."
    assert "about alike" in sentence(0.1, 0, 0, 0, -0.1)


def test_numbers_have_names(card):
    shown = dict(details(card))
    assert shown["Direction of stripes"].startswith("92\N{DEGREE SIGN}")
    assert shown["From stripe to stripe"] == "5.0 of 192 pixels"
    assert "Direction of stripes" not in dict(details(replace(card, drive=0.0)))
    assert "Silent" in shown
    assert vote(card).startswith("It votes for ")


def test_the_caption_of_a_sheet_counts_its_channels(dictionary):
    assert (
        sheet_caption(0, 255, 512, "conv3_block12", "")
        == "Channels 0 to 255 of the 512 in conv3_block12"
    )
    assert (
        sheet_caption(0, 0, 1, "conv3_block12", "17")
        == "1 channel in conv3_block12 that fits your words"
    )
    assert sheet_caption(256, 299, 300, "c", "fine").startswith("257 to 300 of 300 channels")
    assert PER_PAGE == 256
