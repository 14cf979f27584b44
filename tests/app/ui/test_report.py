import dataclasses
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from app.serving.card import ModelCard
from app.ui import charts
from app.ui.report import SECTIONS, report

NAMES = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")


def split(accuracy: float) -> dict:
    score = {"accuracy": accuracy, "macro_f1": 0.8, "ece": 0.03, "ece_uncalibrated": 0.07}
    return {
        "pictures": 900,
        "artists": 310,
        "one_view": score,
        "six_views": score,
        "per_movement": {
            name: {"precision": 0.8, "recall": 0.5 + index / 10, "f1": 0.79, "pictures": 180}
            for index, name in enumerate(NAMES)
        },
        "confusion": [[80 if i == j else 5 for j in range(5)] for i in range(5)],
        "calibration": [{"confidence": 0.85, "accuracy": 0.83, "pictures": 40}],
        "per_source": {"WikiArt <mirror>": {"accuracy": 0.8, "pictures": 700}},
        "true_aspect": {"accuracy": None, "pictures": 0},
    }


@pytest.fixture
def card() -> ModelCard:
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
        data={"train": {"Abstract": 1000}, "splits": {"test": {"Abstract": 180}}},
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
            "train_loss": [1.5, 1.0, 0.7],
            "val_loss": [1.6, 1.2, 1.1],
            "train_accuracy": [0.3, 0.5, 0.8],
            "val_accuracy": [0.3, 0.5, 0.7],
        },
    )


def test_it_says_the_network_s_own_numbers(card):
    html = report(card)
    for words in ("81 of 100", "71 of 100", "a linear probe", "310 artists", "temperature"):
        assert words in html


def test_the_weakest_movement_is_named(card):
    assert "weakest at Abstract: it recognises 50 of 100" in report(card)


def test_every_section_is_well_formed(card):
    for section in SECTIONS:
        ElementTree.fromstring(f"<div>{section(card)}</div>")


def test_words_from_the_file_are_escaped(card):
    assert "WikiArt &lt;mirror&gt;" in report(card)
    assert "<mirror>" not in report(card)


def test_a_file_without_some_numbers_still_has_a_report(card, caplog):
    metrics = json.loads(json.dumps(card.metrics))
    del metrics["outside"], metrics["yardstick"]
    html = report(dataclasses.replace(card, metrics=metrics, curves={}))
    assert "Scores" in html
    assert "When it refuses" not in html
    assert "How it learned" not in html
    assert "no strangers" in caplog.text


def test_a_chart_of_a_single_epoch_can_be_drawn():
    svg = charts.curves("loss", [1], {"training": [1.0], "unseen": [1.1]}, share=False)
    ElementTree.fromstring(svg)
    assert "nan" not in svg


def test_long_names_of_curves_stay_in_the_drawing():
    series = {"Impressionism": [0.1, 0.9], "Expressionism": [0.9, 0.1]}
    svg = charts.curves("a", [0, 100], series, share=True)
    for x in re.findall(r'<text class="series-\d" x="([\d.]+)"', svg):
        assert float(x) + 7.7 * len("Expressionism") <= 480  # its width in bold, 13 px


def test_names_at_the_ends_of_curves_do_not_cover_each_other():
    svg = ElementTree.fromstring(
        charts.curves("a", [1, 2], {"training": [0.5, 0.7], "unseen": [0.4, 0.7]}, share=True)
    )
    heights = [float(t.get("y")) for t in svg.iter("text") if t.get("class")]
    assert abs(heights[0] - heights[1]) >= 12


def test_confusion_shows_shares_of_each_row():
    html = charts.confusion(("a", "b"), [[3, 1], [0, 0]], "caption")
    assert "<span>75</span>" in html
    assert "<span>25</span>" in html
    assert "1 a paintings were called b" in html
