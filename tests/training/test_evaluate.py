import numpy as np
import pytest

from training.data import OTHER, PHOTOGRAPH, Record
from training.errors import UserError
from training.evaluate import measure
from training.movements import MOVEMENTS
from training.prediction import Predictions


def predictions(*, right: float, seed: int = 0) -> Predictions:
    """Pictures of which a share is read rightly, with strangers of clear and unclear kind."""
    rng = np.random.default_rng(seed)
    records, logits, kinds = [], [], []
    for split in ("validation", "test", "test_artists"):
        for i in range(200):
            movement = MOVEMENTS[i % 5] if i < 150 else (PHOTOGRAPH if i % 2 else OTHER)
            records.append(
                Record(f"{split}{i}", movement, f"a{i % 9}", source=f"s{i % 2}", split=split)
            )
            said = i % 5 if rng.random() < right else (i + 1) % 5
            logits.append(np.eye(5)[said] * 4 + rng.normal(size=(6, 5)) * 0.1)
            kind = records[-1].kind if movement != OTHER else 0  # others pass for the movements
            kinds.append(np.eye(3)[kind] * 4 + rng.normal(size=(6, 3)) * 0.1)
    square = np.arange(len(records)) % 3 == 0
    return Predictions(records, np.array(logits, np.float32), np.array(kinds, np.float32), square)


def test_a_perfect_network_scores_one():
    metrics, temperature, _ = measure(predictions(right=1.0))
    test = metrics["splits"]["test"]
    assert test["six_views"]["accuracy"] == 1
    assert test["one_view"]["macro_f1"] == 1
    assert np.trace(test["confusion"]) == test["pictures"] == 150
    assert temperature < 1  # it may be surer than it is


def test_calibration_mends_overconfidence():
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
