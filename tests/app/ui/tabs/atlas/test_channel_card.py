# ruff: noqa: F811 - atlas_folder is a fixture
"""Sheets and cards of the atlas: their HTML and their words."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.serving.atlas import Atlas, direction
from app.serving.dictionary import Dictionary
from app.ui.static_files import share_file
from app.ui.tabs.atlas.channel_card import card_html, link
from app.ui.tabs.atlas.text import answer, details, rendered, sheet_caption, stripes, taste, voting
from app.ui.tabs.atlas.tile_sheet import PER_PAGE, View, sheet_html
from tests.atlas_fixture import atlas_folder  # noqa: F401
from training.common.movements import MOVEMENTS


@pytest.fixture(scope="module")
def atlas(atlas_folder: Path) -> Atlas:
    return Atlas.read(atlas_folder / "atlas")


@pytest.fixture(scope="module")
def dictionary(atlas_folder: Path) -> Dictionary:
    return Dictionary.read(atlas_folder / "atlas")


def test_tiles_are_windows_on_the_sheets_that_they_lie_on(atlas, dictionary):
    shown = sheet_html(atlas, dictionary, View("conv3_block12", "fine"), [256 + 256 + 18, 256], 256)
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
    assert "--turn: 150deg; --distance: 16.00px" in shown
    assert "--dark: #848405" in shown
    assert shown.count('<div class="grating"') == 1
    assert shown.count("data-index=") == len(card.nearest) == 6
    assert shown.count("<li>") == 5  # No paintings are known.
    dumb = card_html(atlas, dictionary, replace(card, drive=0.1))
    assert "--turn" not in dumb
    assert "answers to no stripes" in dumb.lower()


def test_bars_lean_to_the_side_that_a_vote_is_on(atlas, dictionary):
    votes = dict(zip(MOVEMENTS, (0.5, -0.25, 0.0, 0.1, -0.35), strict=True))
    shown = card_html(atlas, dictionary, replace(dictionary.card("conv3_block12", 6), votes=votes))
    bars = re.findall(r'<i class="(\w+)"', shown)
    assert bars == ["for", "against", "for", "for", "against"]
    assert "votes for Abstract most, and against Realism" in shown


@pytest.mark.parametrize("angle", [0, 30, 90, 150])
def test_the_direction_of_stripes_is_found_in_a_picture(angle):
    rows, columns = np.mgrid[:96, :96]
    across = columns * np.sin(np.radians(angle)) + rows * np.cos(np.radians(angle))
    stripes = (127 + 100 * np.sin(2 * np.pi * across / 8)).astype(np.uint8)
    found, coherence = direction(stripes[..., None].repeat(3, 2))
    assert abs((found - angle + 90) % 180 - 90) < 2
    assert coherence > 0.9


def test_where_stripes_were_measured_and_the_picture_shows_none_both_are_said(card):
    rows, columns = np.mgrid[:96, :96]
    standing = (127 + 100 * np.sin(columns)).astype(np.uint8)[..., None].repeat(3, 2)
    blobs = (127 + 60 * np.sin(columns / 5) + 60 * np.sin(rows / 5)).astype(np.uint8)
    blobs = blobs[..., None].repeat(3, 2)
    upright = replace(card, orientation=92.0)
    assert "runs the same way" in rendered(upright, standing)
    assert "has no one direction: it shows something else" in rendered(upright, blobs)
    assert "runs another way" in rendered(replace(card, orientation=10.0), standing)
    assert "need not show any" in rendered(replace(card, selectivity=0.1), standing)
    assert rendered(replace(card, drive=0.1), standing) == ""


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
def test_a_card_in_words(card, changes, words):
    assert answer(replace(card, **changes)) == words


def test_the_words_are_those_that_search_understands(dictionary):
    for number in range(300, 330):
        card = dictionary.card(*dictionary.place(number))
        if card.answers:
            assert number in dictionary.search(stripes(card).replace("any direction", ""))


def test_taste_is_named_where_it_is_clear(card):
    def said(*values: float) -> str:
        return taste(replace(card, preferences=dict(zip(MOVEMENTS, values, strict=True))))

    assert said(0.5, 0, 0, 0, -0.5) == (
        "It answers most to paintings of Abstract and least to those of Realism."
    )
    assert said(0.1, 0, 0, 0, -0.5) == "It answers least to those of Realism."
    assert "about alike" in said(0.1, 0, 0, 0, -0.1)


def test_numbers_wear_words(card):
    shown = dict(details(card))
    assert shown["Direction of stripes"].startswith("92\N{DEGREE SIGN}")
    assert shown["From stripe to stripe"] == "5.0 of 192 pixels"
    assert "Direction of stripes" not in dict(details(replace(card, drive=0.0)))
    assert "Silent" in shown
    assert voting(card).startswith("It votes for ")


def test_the_shelf_says_how_many(dictionary):
    assert (
        sheet_caption(0, 255, 512, "conv3_block12", "")
        == "Channels 0 to 255 of the 512 in conv3_block12"
    )
    assert (
        sheet_caption(0, 0, 1, "conv3_block12", "17")
        == "1 channel in conv3_block12 that fit your words"
    )
    assert sheet_caption(256, 299, 300, "c", "fine").startswith("257 to 300 of 300 channels")
    assert PER_PAGE == 256
