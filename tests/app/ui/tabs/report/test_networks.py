"""The folded sections on other networks: a transformer, the stylizer, the texture encoder."""

import json

import pytest

from app import MODELS
from app.serving.runtime import read_metadata
from app.ui.tabs.report.networks import (
    read_comparison,
    stylizer,
    texture_encoder,
    transformer,
)
from app.ui.tabs.report.tab import report
from app.ui.wording import percent
from tests.app.ui.tabs.report.conftest import rows, text
from training.common.shipped_files import STYLIZER_FILE, TEXTURE_FILE


def measured_network(network: str, accuracy: float, **training) -> dict:
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
    """The classifier beside a transformer, as `export.assets.explanations` writes it."""
    return {
        "pictures": 60,
        "tests": {"test": 807, "test_artists": 1396},
        "engine": "ONNX Runtime 1.31.1",
        "threads": 2,
        "networks": [
            measured_network("densenet121", ours, **training),
            measured_network("vit_tiny", theirs),
        ],
    }


def test_the_section_compares_classifier_and_transformer(card):
    html = report(card, [(transformer, comparison(0.71, 0.62))])
    section = html[html.index("A transformer beside it") :]
    for words in ("7.0 million", "14.8 MB", "25 ms", "13 rounds, from nothing"):
        assert words in section
    for words in ("attention rollout", "+26.0 ± 2.1", "\N{MINUS SIGN}0.04", "60 new paintings"):
        assert words in section
    assert "62 of 100 right at one look, where the classifier is 71" in text(
        transformer(comparison(0.71, 0.62))
    )


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (0.62, "reads worse, by 9.0 points over both tests"),
        (0.70, "cannot be told from 2203 paintings"),
        (0.80, "The transformer reads better, by 9.0 points"),
    ],
)
def test_the_better_network_is_named_if_the_difference_is_significant(theirs, words):
    html = transformer(comparison(0.71, theirs))
    assert words in html
    assert ("not shipped" in html) == ("worse" in words)


def test_an_earlier_training_is_mentioned():
    assert "had been trained before" in transformer(comparison(0.7, 0.6, init="earlier run"))
    assert "had been trained before" not in transformer(comparison(0.7, 0.6))


def test_pictures_seen_in_training_are_mentioned():
    found = comparison(0.7, 0.6)
    assert "took part" not in transformer(found)
    found["seen"] = {"test": 40, "test_artists": 210}
    assert "Up to 40 and 210 of these paintings took part" in transformer(found)


def test_a_control_of_flat_maps_has_no_number():
    found = comparison(0.7, 0.6)
    found["networks"][0]["explanations"][0]["control"] = None
    assert "<td>flat maps</td>" in transformer(found)


def test_without_a_comparison_there_is_no_such_section(card, tmp_path, caplog):
    assert read_comparison(tmp_path / "comparison.json") is None
    assert not caplog.text
    (tmp_path / "comparison.json").write_text("{")
    assert read_comparison(tmp_path / "comparison.json") is None
    assert "no comparison" in caplog.text
    assert "transformer" not in report(card)
    html = report(card, [(transformer, {"networks": []})])
    assert "transformer" not in html
    assert "In detail" in html


def test_macro_recall_is_given_where_the_file_has_it():
    found = comparison(0.71, 0.62)
    right = rows(
        transformer(found), "Whole pictures, one look each; ONNX Runtime 1.31.1 on the processor"
    )
    assert "macro-recall" not in right["Right, on 807 new paintings"][0]
    for row, recall in zip(found["networks"], (0.66, 0.51), strict=True):
        row["macro_recall"] = {"test": recall, "test_artists": recall - 0.1}
    right = rows(
        transformer(found), "Whole pictures, one look each; ONNX Runtime 1.31.1 on the processor"
    )
    assert [cell[-4:-2] for cell in right["Right, on 807 new paintings"]] == ["66", "51"]
    assert [cell[-4:-2] for cell in right["Right, on 1396 by new artists"]] == ["56", "41"]


def test_initial_weights_and_teachers_are_given():
    html = transformer(comparison(0.7, 0.6, init="imagenet", teacher="efficientnet_lite2"))
    assert "13 rounds, from ImageNet weights, taught by EfficientNet-Lite2" in html
    assert "13 rounds, from nothing, taught by Inception-v3" in html


def test_the_stylizers_numbers_are_those_of_its_file():
    metadata = read_metadata(MODELS / STYLIZER_FILE)
    metrics = json.loads(metadata["metrics"])
    words = text(stylizer(metadata))
    assert f"correlate by {metrics['stroke_likeness']:.2f}" in words
    assert f"before and after by {metrics['colour_leak']:.2f}" in words
    for score in metrics["scores"].values():
        assert f"{score['style']:.3f}" in words
        assert f"{score['lpips']:.2f}" in words
    scores = metrics["scores"]
    left = scores["stylizer"]["style"] / scores["photograph"]["style"]
    assert (
        f"leaves {percent(left)} of the way to the style".replace("\N{NO-BREAK SPACE}", " ")
        in words
    )
    assert "The photograph, untouched" in words
    assert "The same, strength 0.5" in words


def test_the_texture_encoders_numbers_are_those_of_its_file():
    metadata = read_metadata(MODELS / TEXTURE_FILE)
    metrics = json.loads(metadata["metrics"])
    words = text(texture_encoder(metadata))
    assert f"leaves {metrics['gatys']['ratio']:.1f} times" in words
    for layer, correlation in metrics["correlation"]["style"].items():
        assert layer in words
        assert f"{correlation['pearson']:.3f}" in words


@pytest.mark.parametrize("section", [stylizer, texture_encoder])
def test_a_file_without_numbers_raises_an_error(section):
    with pytest.raises((KeyError, ValueError)):
        section({})
    with pytest.raises((KeyError, ValueError)):
        section({"metrics": "{", "data": "{}"})
