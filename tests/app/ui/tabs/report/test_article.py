"""The report as a whole: what comes first, what is folded, what becomes of a lean card."""

import dataclasses
import json
from typing import Any

import pytest

from app import MODELS
from app.serving.model_card import ModelCard
from app.serving.runtime import read_metadata
from app.ui.tabs.report.article import DETAILS, OPENING, report
from tests.app.ui.tabs.report.text import parsed, text


def headings(html: str) -> list[str]:
    """Of what is open, in their order."""
    return [each.text for each in parsed(html).iter("h2")]


def folded(html: str) -> list[str]:
    """Titles of what is folded, in their order."""
    return [each.findtext("summary/h3") for each in parsed(html).iter("details")]


def leaner(card: ModelCard, *names: str) -> ModelCard:
    """The card without some of its metrics; "a/b" is b inside of a."""
    metrics: dict[str, Any] = json.loads(json.dumps(card.metrics))
    for name in names:
        *path, last = name.split("/")
        inner = metrics
        for step in path:
            inner = inner[step]
        del inner[last]
    return dataclasses.replace(card, metrics=metrics)


def test_what_a_visitor_asks_first_comes_first(card):
    assert headings(report(card)) == [
        "How good is the reader?",
        "Which movements does it know?",
        "What does it refuse?",
        "Before you take its word",
        "In detail",
    ]


def test_all_else_is_folded_and_says_what_it_comes_to(card):
    html = report(
        card, [(lambda facts: f"<details><summary><h3>{facts}</h3></summary></details>", "X")]
    )
    assert folded(html) == [
        "What does it take for what?",
        "All scores",
        "Can you believe its percentages?",
        "Does it read the painting, or the file?",
        "How it learned",
        "What was it made from?",
        "X",
    ]
    root = parsed(report(card))
    assert all(each.get("open") is None for each in root.iter("details"))
    assert all(each.findtext("summary/span") for each in root.iter("details"))
    assert not root.findall("article/svg")  # no chart but in what is folded


def test_every_section_is_well_formed(card):
    for section in (*OPENING, *DETAILS):
        parsed(section(card))


def test_words_from_the_file_are_escaped(card):
    assert "WikiArt &lt;mirror&gt;" in report(card)
    assert "<mirror>" not in report(card)


def test_a_file_without_some_numbers_still_has_a_report(card, caplog):
    lean = dataclasses.replace(leaner(card, "outside", "yardstick"), curves={})
    html = report(lean)
    assert "All scores" in folded(html)
    assert "How it learned" not in folded(html)
    assert "What does it refuse?" not in headings(html)
    assert "no section on strangers" in caplog.text
    assert "no section on learning" in caplog.text


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ("splits/test/confusion", "Which movements does it know?"),
        ("splits/test/per_source", "Does it read the painting, or the file?"),
        ("splits/test/true_aspect", "Does it read the painting, or the file?"),
        ("splits/test/calibration", "Can you believe its percentages?"),
    ],
)
def test_a_missing_entry_costs_its_own_section_only(card, missing, gone):
    html = report(leaner(card, missing))
    found = headings(html) + folded(html)
    assert gone not in found
    assert "What was it made from?" in found
    assert len(found) >= 8


def test_the_shipped_reader_s_report_is_whole_and_says_its_own_numbers(caplog):
    card = ModelCard.parse(read_metadata(MODELS / "movement_classifier.onnx"))
    html = report(card)
    assert not caplog.records
    assert len(headings(html)) == 5
    assert len(folded(html)) == 6
    for split in card.metrics["splits"].values():
        assert f"{100 * split['six_views']['accuracy']:.0f} of 100" in text(html)
