"""A card with every entry that the report knows, in round numbers; and how to read its HTML."""

from typing import Any
from xml.etree import ElementTree

import pytest

from app.serving.model_card import ModelCard

_ENTITIES = {"&rsquo;": "\N{RIGHT SINGLE QUOTATION MARK}", "&minus;": "\N{MINUS SIGN}"}

NAMES = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")

CONFUSION = [
    [150, 20, 10, 10, 10],
    [20, 160, 20, 0, 0],
    [10, 20, 140, 30, 0],
    [0, 0, 40, 160, 0],
    [0, 0, 10, 60, 30],
]
"""Counts: of 100 paintings of Realism 30 are found and 60 are taken for Impressionism."""


def split(accuracy: float) -> dict[str, Any]:
    """Metrics of a test, as `training.classifier.evaluate` wrote them for version 0.2."""
    score = {"accuracy": accuracy, "macro_f1": 0.8, "ece": 0.03, "ece_uncalibrated": 0.07}
    per_movement = {}
    for index, (name, row) in enumerate(zip(NAMES, CONFUSION, strict=True)):
        predicted = sum(each[index] for each in CONFUSION)
        per_movement[name] = {
            "precision": row[index] / predicted,
            "recall": row[index] / sum(row),
            "f1": 0.79,
            "pictures": sum(row),
        }
    return {
        "pictures": 900,
        "artists": 310,
        "one_view": score,
        "six_views": dict(score),
        "per_movement": per_movement,
        "confusion": CONFUSION,
        "calibration": [{"confidence": 0.85, "accuracy": 0.83, "pictures": 40}],
        "per_source": {
            "WikiArt <mirror>": {"accuracy": 0.8, "pictures": 700},
            "a museum": {"accuracy": 0.5, "pictures": 190},
            "a few": {"accuracy": 0.1, "pictures": 10},
        },
        "true_aspect": {"accuracy": None, "pictures": 0},
    }


@pytest.fixture
def card() -> ModelCard:
    """The card of a network that was taught by a teacher, of version 0.2."""
    return ModelCard(
        name="test network",
        version="1.0",
        licence="MIT",
        network="densenet121",
        opset=18,
        movements=NAMES,
        kinds=("one of the movements", "photograph", "another movement"),
        preprocessing={},
        temperature=1.3,
        outside_threshold=0.8,
        bias=(0.0,) * 5,
        training={"recipe": "best", "settings": {"learning_rate": 0.0003, "ema": True}},
        data={"splits": {"train": {"Abstract": 1000}, "test": {"Abstract": 180}}},
        metrics={
            "splits": {"test": split(0.8123), "test_artists": split(0.7051)},
            "outside": {
                "false_alarms": 0.05,
                "photographs_caught": 0.93,
                "other_movements_caught": 0.31,
                "photographs": 300,
                "other_movements": 250,
            },
            "yardstick": {
                "name": "a linear probe",
                "test": {"accuracy": 0.73, "macro_f1": 0.72},
                "test_artists": {"accuracy": 0.686, "macro_f1": 0.68},
            },
        },
        curves={
            "epoch": [1, 2, 3],
            "train_loss": [11.5, 11.0, 10.7],
            "val_loss": [1.6, 1.2, 1.1],
            "train_accuracy": [0.3, 0.5, 0.8],
            "val_accuracy": [0.3, 0.5, 0.7],
        },
    )


def parsed(html: str) -> ElementTree.Element:
    """The tree of some HTML; ParseError where it is not well-formed."""
    for entity, letter in _ENTITIES.items():
        html = html.replace(entity, letter)
    return ElementTree.fromstring(f"<div>{html}</div>")


def text(html: str) -> str:
    """The text of some HTML, one space between words."""
    return " ".join(" ".join(parsed(html).itertext()).split())


def rows(html: str, caption: str) -> dict[str, list[str]]:
    """Cells of the table with that caption, by the name of the row."""
    table = next(each for each in parsed(html).iter("table") if each.findtext("caption") == caption)
    lines = [
        [" ".join("".join(cell.itertext()).split()) for cell in row] for row in table.iter("tr")
    ]
    return {name: cells for name, *cells in lines}
