"""Numbers that the report derives from a card, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from app.ui.tabs.report.scores import by_collection, by_shape, macro_recall, mistakes, recognised
from tests.app.ui.tabs.report.conftest import CONFUSION, NAMES


@pytest.fixture
def verdicts() -> tuple[np.ndarray, np.ndarray]:
    """True and said movements, int [P], of which CONFUSION are the counts."""
    true, said = np.indices((5, 5)).reshape(2, -1)
    counts = np.ravel(CONFUSION)
    return np.repeat(true, counts), np.repeat(said, counts)


def test_shares_are_scikit_learn_s(verdicts):
    found = {each.movement: each for each in recognised(CONFUSION, NAMES)}
    recall = recall_score(*verdicts, average=None)
    precision = precision_score(*verdicts, average=None)
    assert [found[name].recall for name in NAMES] == pytest.approx(list(recall))
    assert [found[name].precision for name in NAMES] == pytest.approx(list(precision))


def test_a_movement_of_which_nothing_was_tested_is_not_the_weakest():
    found = recognised([[8, 2, 0], [5, 5, 0], [0, 0, 0]], ("a", "b", "c"))
    assert [each.movement for each in found] == ["b", "a"]
    assert found[0].mistaken_for == ("a", 5)


def test_a_movement_that_is_never_said_has_no_precision_but_a_row():
    (never, _) = recognised([[0, 4], [0, 9]], ("a", "b"))
    assert (never.recall, never.precision, never.said) == (0, 0, 0)


def test_macro_recall_is_scikit_learn_s(card, verdicts):
    split = card.metrics["splits"]["test"]
    assert macro_recall(split) == pytest.approx(recall_score(*verdicts, average="macro"))


def test_a_measured_macro_recall_goes_before_a_derived_one(card):
    split = card.metrics["splits"]["test"]
    split["six_views"]["macro_recall"] = 0.123
    assert macro_recall(split) == 0.123
    assert macro_recall(split, "one_view") is None  # movements were counted for six views only


def test_mistakes_are_shares_of_what_was_true():
    found = mistakes([[90, 10, 0], [3, 6, 1], [0, 0, 1000]], ("a", "b", "c"))
    assert found[0] == (0.3, "b", "a")
    assert len(found) == 6


def test_squares_and_shaped_files_add_up_to_all():
    split = {
        "pictures": 400,
        "six_views": {"accuracy": 0.75},
        "true_aspect": {"accuracy": 0.6, "pictures": 100},
    }
    assert by_shape(split) == pytest.approx((0.6, 0.8))  # 60 + 240 of 400
    assert by_shape(split | {"true_aspect": {"accuracy": None, "pictures": 0}}) is None
    assert by_shape(split | {"true_aspect": {"accuracy": 0.75, "pictures": 400}}) is None


def test_collections_of_a_few_pictures_say_nothing(card):
    assert set(by_collection(card.metrics["splits"]["test"])) == {"WikiArt <mirror>", "a museum"}
