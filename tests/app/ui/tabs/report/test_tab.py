"""The report as a whole: the order of its sections, and cards with missing entries."""

import dataclasses
import json
from typing import Any

import pytest

from app import MODELS
from app.serving.model_card import ModelCard
from app.serving.runtime import read_metadata
from app.ui.tabs.report.tab import DETAILS, SUMMARY, report
from tests.app.ui.tabs.report.conftest import parsed, text


def headings(html: str) -> list[str]:
    """Titles of the open sections, in their order."""
    return [each.text for each in parsed(html).iter("h2")]


def folded(html: str) -> list[str]:
    """Titles of the folded sections, in their order."""
    return [each.findtext("summary/h3") for each in parsed(html).iter("details")]


def without(card: ModelCard, *names: str) -> ModelCard:
    """The card without some of its metrics; "a/b" is b inside of a."""
    metrics: dict[str, Any] = json.loads(json.dumps(card.metrics))
    for name in names:
        *path, last = name.split("/")
        inner = metrics
        for step in path:
            inner = inner[step]
        del inner[last]
    return dataclasses.replace(card, metrics=metrics)


def test_the_open_sections_are_in_order(card):
    assert headings(report(card)) == [
        "How good is the classifier?",
        "Which movements does it know?",
        "What does it refuse?",
        "Before you take its word",
        "In detail",
    ]


def test_the_folded_sections_have_summaries(card):
    html = report(
        card, [(lambda facts: f"<details><summary><h3>{facts}</h3></summary></details>", "X")]
    )
    assert folded(html) == [
        "What does it mistake for what?",
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
    assert not root.findall("article/svg")  # Charts are folded.


def test_every_section_is_well_formed(card):
    for section in (*SUMMARY, *DETAILS):
        parsed(section(card))


def test_words_from_the_file_are_escaped(card):
    assert "WikiArt &lt;mirror&gt;" in report(card)
    assert "<mirror>" not in report(card)


def test_a_card_without_some_numbers_still_has_a_report(card, caplog):
    incomplete = dataclasses.replace(without(card, "outside", "yardstick"), curves={})
    html = report(incomplete)
    assert "All scores" in folded(html)
    assert "How it learned" not in folded(html)
    assert "What does it refuse?" not in headings(html)
    assert "no section on refusals" in caplog.text
    assert "no section on learning" in caplog.text


@pytest.mark.parametrize(
    ("missing", "absent"),
    [
        ("splits/test/confusion", "Which movements does it know?"),
        ("splits/test/per_source", "Does it read the painting, or the file?"),
        ("splits/test/true_aspect", "Does it read the painting, or the file?"),
        ("splits/test/calibration", "Can you believe its percentages?"),
    ],
)
def test_a_missing_entry_leaves_out_its_own_section_only(card, missing, absent):
    html = report(without(card, missing))
    found = headings(html) + folded(html)
    assert absent not in found
    assert "What was it made from?" in found
    assert len(found) >= 8


def test_the_shipped_classifiers_report_is_complete(caplog):
    card = ModelCard.parse(read_metadata(MODELS / "movement_classifier.onnx"))
    html = report(card)
    assert not caplog.records
    assert len(headings(html)) == 5
    assert len(folded(html)) == 6
    for split in card.metrics["splits"].values():
        assert f"{100 * split['six_views']['accuracy']:.0f} of 100" in text(html)
