"""Numbers that the report derives from a card, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from app.ui.tabs.report.metrics import (
    by_collection,
    by_shape,
    confused_movements,
    macro_recall,
    movement_scores,
)
from tests.app.ui.tabs.report.conftest import CONFUSION, NAMES


@pytest.fixture
def labels() -> tuple[np.ndarray, np.ndarray]:
    """True and predicted movements, int [P], whose counts are CONFUSION."""
    true, predicted = np.indices((5, 5)).reshape(2, -1)
    counts = np.ravel(CONFUSION)
    return np.repeat(true, counts), np.repeat(predicted, counts)


def test_recall_and_precision_equal_scikit_learns(labels):
    found = {each.movement: each for each in movement_scores(CONFUSION, NAMES)}
    recall = recall_score(*labels, average=None)
    precision = precision_score(*labels, average=None)
    assert [found[name].recall for name in NAMES] == pytest.approx(list(recall))
    assert [found[name].precision for name in NAMES] == pytest.approx(list(precision))


def test_a_movement_without_test_paintings_is_left_out():
    found = movement_scores([[8, 2, 0], [5, 5, 0], [0, 0, 0]], ("a", "b", "c"))
    assert [each.movement for each in found] == ["b", "a"]
    assert found[0].mistaken_for == ("a", 5)


def test_a_movement_that_is_never_predicted_has_precision_0():
    (never, _other) = movement_scores([[0, 4], [0, 9]], ("a", "b"))
    assert (never.recall, never.precision, never.predicted) == (0, 0, 0)


def test_macro_recall_equals_scikit_learns(card, labels):
    split = card.metrics["splits"]["test"]
    assert macro_recall(split) == pytest.approx(recall_score(*labels, average="macro"))


def test_a_measured_macro_recall_is_preferred(card):
    split = card.metrics["splits"]["test"]
    split["six_views"]["macro_recall"] = 0.123
    assert macro_recall(split) == 0.123
    assert macro_recall(split, "one_view") is None  # movements were counted for six views only


def test_mistakes_are_shares_of_the_true_movement():
    found = confused_movements([[90, 10, 0], [3, 6, 1], [0, 0, 1000]], ("a", "b", "c"))
    assert found[0] == (0.3, "b", "a")
    assert len(found) == 6


def test_square_and_other_files_add_up():
    split = {
        "pictures": 400,
        "six_views": {"accuracy": 0.75},
        "true_aspect": {"accuracy": 0.6, "pictures": 100},
    }
    assert by_shape(split) == pytest.approx((0.6, 0.8))  # 60 + 240 of 400
    assert by_shape(split | {"true_aspect": {"accuracy": None, "pictures": 0}}) is None
    assert by_shape(split | {"true_aspect": {"accuracy": 0.75, "pictures": 400}}) is None


def test_collections_of_few_pictures_are_left_out(card):
    assert set(by_collection(card.metrics["splits"]["test"])) == {"WikiArt <mirror>", "a museum"}
