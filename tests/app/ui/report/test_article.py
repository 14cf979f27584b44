import dataclasses
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from app.serving.card import ModelCard
from app.ui import charts
from app.ui.report.article import SECTIONS, report
from app.ui.report.comparison import compared, read_comparison

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


def contender(network: str, accuracy: float, **training) -> dict:
    explained = {
        "cells": 6,
        "deletion": 0.21,
        "insertion": 0.63,
        "random_deletion": 0.34,
        "random_insertion": 0.5,
        "gain": 0.26,
        "error": 0.021,
        "control": -0.04,
    }
    methods = ("cam", "grad-cam", "rollout") if network == "vit_tiny" else ("cam", "grad-cam")
    return {
        "network": network,
        "parameters": 6_961_000,
        "megabytes": 14.78,
        "milliseconds": 24.6,
        "accuracy": {"test": accuracy, "test_artists": accuracy - 0.07},
        "training": {
            "recipe": "progressive",
            "init": "random",
            "teacher": "inception_v3",
            "epochs": 13,
            **training,
        },
        "card": None,
        "explanations": [explained | {"method": method} for method in methods],
    }


def comparison(ours: float, theirs: float, **training) -> dict:
    """The reader beside a transformer, as `export.explanations` writes it."""
    return {
        "pictures": 60,
        "tests": {"test": 807, "test_artists": 1396},
        "engine": "ONNX Runtime 1.31.1",
        "threads": 2,
        "networks": [contender("densenet121", ours, **training), contender("vit_tiny", theirs)],
    }


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
    assert "no section on strangers" in caplog.text


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


def test_a_transformer_stands_beside_the_reader(card):
    html = report(card, [(compared, comparison(0.71, 0.62))])
    section = html[
        html.index("A transformer beside it") : html.index("What the reader was made from")
    ]
    for words in ("7.0 million", "14.8 MB", "25 ms", "13 rounds, from nothing"):
        assert words in section
    for words in ("attention rollout", "+26.0 ± 2.1", "\N{MINUS SIGN}0.04", "60 new paintings"):
        assert words in section
    ElementTree.fromstring(f"<div>{compared(comparison(0.7, 0.6))}</div>".replace("&minus;", "-"))


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (0.62, "reads worse, by 9.0 points over both tests"),
        (0.70, "cannot be told from 2203 paintings"),
        (0.80, "The transformer reads better, by 9.0 points"),
    ],
)
def test_which_reads_better_is_said_if_it_can_be_told(theirs, words):
    html = compared(comparison(0.71, theirs))
    assert words in html
    assert ("not shipped" in html) == ("worse" in words)


def test_an_earlier_schooling_is_not_hidden():
    assert "had gone to school before" in compared(comparison(0.7, 0.6, init="earlier run"))
    assert "had gone to school before" not in compared(comparison(0.7, 0.6))


def test_networks_are_said_where_they_began_and_who_taught_them():
    html = compared(comparison(0.7, 0.6, init="imagenet", teacher="efficientnet_lite2"))
    assert "13 rounds, from ImageNet weights, taught by EfficientNet-Lite2" in html
    assert "13 rounds, from nothing, taught by Inception-v3" in html


def test_a_control_of_flat_maps_has_no_number():
    found = comparison(0.7, 0.6)
    found["networks"][0]["explanations"][0]["control"] = None
    assert "<td>flat maps</td>" in compared(found)


def test_without_a_comparison_there_is_no_such_section(card, tmp_path, caplog):
    assert read_comparison(tmp_path / "comparison.json") is None
    assert not caplog.text
    (tmp_path / "comparison.json").write_text("{")
    assert read_comparison(tmp_path / "comparison.json") is None
    assert "no comparison" in caplog.text
    assert "transformer" not in report(card)
    html = report(card, [(compared, {"networks": []})])
    assert "transformer" not in html
    assert "Limits" in html
