import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app import MODELS
from app.serving.runtime import read_metadata
from training.classifier.evaluate import calibration_error, error_by_chance, linear_probe, measure
from training.classifier.prediction import Predictions, peaks
from training.classifier.robustness import measure_maps
from training.classifier.teachers import TEACHERS, Teacher, TeacherOutputs
from training.common.errors import UserError
from training.common.movements import MOVEMENTS
from training.common.refusal import Thresholds
from training.data import OTHER, PHOTOGRAPH, Record, read_manifest


def predictions(*, right: float, seed: int = 0) -> Predictions:
    """Pictures of which a share is classified rightly; photographs are recognised, others not."""
    rng = np.random.default_rng(seed)
    records, logits, kinds = [], [], []
    for split in ("validation", "test", "test_artists"):
        for i in range(200):
            movement = MOVEMENTS[i % 5] if i < 150 else (PHOTOGRAPH if i % 2 else OTHER)
            records.append(
                Record(f"{split}{i}", movement, f"a{i % 9}", source=f"s{i % 2}", split=split)
            )
            predicted = i % 5 if rng.random() < right else (i + 1) % 5
            logits.append(np.eye(5)[predicted] * 4 + rng.normal(size=(6, 5)) * 0.1)
            kind = records[-1].kind if movement != OTHER else 0  # others pass for the movements
            kinds.append(np.eye(3)[kind] * 4 + rng.normal(size=(6, 3)) * 0.1)
    square = np.arange(len(records)) % 3 == 0
    lengths, places = rng.uniform(0.5, 1.5, len(records)), rng.random((len(records), 2))
    outputs = np.array(logits, np.float32), np.array(kinds, np.float32)
    return Predictions(records, *outputs, square, lengths, places)


def test_a_perfect_network_scores_one():
    metrics, temperature, _ = measure(predictions(right=1.0))
    test = metrics["splits"]["test"]
    assert test["six_views"]["accuracy"] == 1
    assert test["one_view"]["macro_f1"] == 1
    assert np.trace(test["confusion"]) == test["pictures"] == 150
    assert temperature < 1  # it may be surer than it is


def test_calibration_corrects_overconfidence():
    metrics, temperature, _ = measure(predictions(right=0.7))
    scores = metrics["splits"]["test"]["six_views"]
    assert temperature > 1
    assert scores["ece"] < scores["ece_uncalibrated"]
    assert scores["accuracy"] == pytest.approx(0.7, abs=0.1)


def test_a_split_without_paintings_is_named():
    everything = predictions(right=1.0)
    without = everything.where([r.split != "validation" for r in everything.records])
    with pytest.raises(UserError, match="validation"):
        measure(without)


def test_parts_add_up():
    metrics, *_ = measure(predictions(right=0.8))
    test = metrics["splits"]["test"]
    assert sum(row["pictures"] for row in test["per_movement"].values()) == 150
    assert sum(row["pictures"] for row in test["per_source"].values()) == 150
    assert sum(row["pictures"] for row in test["calibration"]) == 150
    assert np.sum(test["confusion"]) == 150


def test_refusal_catches_photographs_and_reports_what_it_misses():
    metrics, *_ = measure(predictions(right=0.8))
    outside = metrics["outside"]
    assert outside["photographs_caught"] == 1
    assert outside["other_movements_caught"] < 0.2
    assert outside["false_alarms"] < 0.15
    assert outside["photographs"] == outside["other_movements"] == 50


def test_refusals_are_measured_in_each_test_and_in_both():
    metrics, *_ = measure(predictions(right=0.8))
    both, (test, artists) = metrics["outside"], metrics["splits"].values()
    for name in ("photographs", "other_movements"):
        assert both[name] == test["outside"][name] + artists["outside"][name]
    mean = (test["outside"]["false_alarms"] + artists["outside"]["false_alarms"]) / 2
    assert both["false_alarms"] == pytest.approx(mean)
    assert both["paintings_called_photographs"] <= 0.02
    assert both["photographs_called_photographs"] > 0.5


def test_thresholds_are_those_of_the_rule():
    metrics, _, outside = measure(predictions(right=0.8))
    assert Thresholds(**metrics["thresholds"]).outside == outside


def test_macro_recall_is_the_mean_of_the_movements():
    metrics, *_ = measure(predictions(right=0.8))
    test = metrics["splits"]["test"]
    recalls = [row["recall"] for row in test["per_movement"].values()]
    assert test["six_views"]["macro_recall"] == pytest.approx(np.mean(recalls), abs=1e-4)


def test_the_error_by_chance_is_that_of_a_network_whose_probabilities_are_right():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(5), 800)
    labels = np.array([rng.choice(5, p=row) for row in probabilities])
    chance = error_by_chance(probabilities)
    assert calibration_error(probabilities, labels) == pytest.approx(chance, rel=0.5)
    assert error_by_chance(np.tile(probabilities, (20, 1))) < chance / 3


def test_artefacts_of_class_maps_are_counted_and_found_where_they_are():
    found = predictions(right=0.8)
    clean = measure_maps(found)
    assert clean["outliers"] == 0
    assert sum(clean["peaks"].values()) == pytest.approx(4 / 9, abs=0.1)
    lengths, places = found.lengths.copy(), found.peaks.copy()
    lengths[::50], places[::50] = 9, (0.1, 0.9)
    odd = measure_maps(replace(found, lengths=lengths, peaks=places))
    assert odd["outliers"] == pytest.approx(0.02)
    assert odd["outlier_peaks"] == {
        "top left": 0, "top right": 1, "bottom left": 0, "bottom right": 0
    }  # fmt: skip


def test_the_highest_cell_of_a_map_is_found():
    maps = torch.zeros(2, 6, 4)
    maps[0, 0, 3] = maps[1, 5, 0] = 1
    np.testing.assert_allclose(peaks(maps), [[1 / 12, 7 / 8], [11 / 12, 1 / 8]], rtol=1e-5)


def test_the_shipped_classifier_has_no_map_artefacts_in_corners():
    metrics = json.loads(read_metadata(MODELS / "movement_classifier.onnx")["metrics"])
    if "maps" not in metrics:
        pytest.skip("the shipped reader was measured before maps were")
    assert metrics["maps"]["outliers"] < 0.005
    assert max(metrics["maps"]["peaks"].values()) < 0.12


class MeanColour(Teacher):
    """A teacher whose vector is the picture's colours at four places."""

    def __init__(self, files):
        super().__init__()

    def forward(self, image):
        return TeacherOutputs({}, nn.functional.adaptive_avg_pool2d(image, 2).flatten(1))


def test_probe_reads_what_the_features_hold(manifest, monkeypatch):
    monkeypatch.setitem(TEACHERS, "mean_colour", MeanColour)
    # What suits a thousand features would hardly look at twelve.
    monkeypatch.setattr("training.classifier.evaluate.PROBE_REGULARISATION", 10)
    torch.manual_seed(0)
    scores = linear_probe("mean_colour", "nowhere", read_manifest(manifest))
    assert scores["test"]["accuracy"] > 0.8
    assert scores["test_artists"]["macro_f1"] > 0.8
    assert scores["test_artists"]["macro_recall"] > 0.8
    assert "mean_colour" in scores["name"]
