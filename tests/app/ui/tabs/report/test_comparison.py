"""The report's part on a transformer beside the reader."""

import pytest

from app.ui.tabs.report.article import report
from app.ui.tabs.report.comparison import compared, read_comparison
from tests.app.ui.tabs.report.text import rows, text


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
    """The reader beside a transformer, as `export.assets.explanations` writes it."""
    return {
        "pictures": 60,
        "tests": {"test": 807, "test_artists": 1396},
        "engine": "ONNX Runtime 1.31.1",
        "threads": 2,
        "networks": [contender("densenet121", ours, **training), contender("vit_tiny", theirs)],
    }


def test_a_transformer_stands_beside_the_reader(card):
    html = report(card, [(compared, comparison(0.71, 0.62))])
    section = html[html.index("A transformer beside it") :]
    for words in ("7.0 million", "14.8 MB", "25 ms", "13 rounds, from nothing"):
        assert words in section
    for words in ("attention rollout", "+26.0 ± 2.1", "\N{MINUS SIGN}0.04", "60 new paintings"):
        assert words in section
    assert "62 of 100 right at one look, where the reader is 71" in text(
        compared(comparison(0.71, 0.62))
    )


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


def test_an_earlier_training_is_not_hidden():
    assert "had been trained before" in compared(comparison(0.7, 0.6, init="earlier run"))
    assert "had been trained before" not in compared(comparison(0.7, 0.6))


def test_pictures_that_may_have_been_learned_from_are_told():
    found = comparison(0.7, 0.6)
    assert "took part" not in compared(found)
    found["seen"] = {"test": 40, "test_artists": 210}
    assert "Up to 40 and 210 of these paintings took part" in compared(found)


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
    assert "In detail" in html


def test_macro_recall_is_said_where_the_file_has_it():
    found = comparison(0.71, 0.62)
    right = rows(
        compared(found), "Whole pictures, one look each; ONNX Runtime 1.31.1 on the processor"
    )
    assert "macro-recall" not in right["Right, on 807 new paintings"][0]
    for row, recall in zip(found["networks"], (0.66, 0.51), strict=True):
        row["macro_recall"] = {"test": recall, "test_artists": recall - 0.1}
    right = rows(
        compared(found), "Whole pictures, one look each; ONNX Runtime 1.31.1 on the processor"
    )
    assert [cell[-4:-2] for cell in right["Right, on 807 new paintings"]] == ["66", "51"]
    assert [cell[-4:-2] for cell in right["Right, on 1396 by new artists"]] == ["56", "41"]


def test_networks_are_said_where_they_began_and_who_taught_them():
    html = compared(comparison(0.7, 0.6, init="imagenet", teacher="efficientnet_lite2"))
    assert "13 rounds, from ImageNet weights, taught by EfficientNet-Lite2" in html
    assert "13 rounds, from nothing, taught by Inception-v3" in html
