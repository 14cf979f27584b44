"""Deletion and insertion, on networks whose outputs are known."""

import numpy as np
import pytest

from app.serving.classifier import Classifier
from app.serving.faithfulness import faithfulness, scorer
from training.common.preprocessing import PAD_COLOUR, Box, letterbox

SIDE, MOVEMENT = 48, 1
BOX = Box(0, 8, 48, 32)


class Judge:
    """A classifier of a bright square: the probability is the visible share of it."""

    def __init__(self) -> None:
        self.calls: list[np.ndarray] = []

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        self.calls.append(pictures)
        square = pictures[:, 16:32, 4:20].astype(np.float32)
        seen = (square > 250).all(-1).mean((1, 2))
        return np.stack([1 - seen, seen], 1).astype(np.float32)


@pytest.fixture
def view() -> np.ndarray:
    """A white square in a noisy picture, letterboxed."""
    view = np.full((SIDE, SIDE, 3), PAD_COLOUR, np.uint8)
    view[BOX.slices] = np.random.default_rng(0).integers(0, 120, (32, 48, 3))
    view[16:32, 4:20] = 255
    return view


@pytest.fixture
def truth() -> np.ndarray:
    """The map that is right, on a grid of 6 x 6."""
    heat = np.zeros((6, 6), np.float32)
    heat[2:4, :2] = 1
    return heat


def test_everything_is_scored_in_one_call(view, truth):
    judge = Judge()
    found = faithfulness(judge, view, truth, MOVEMENT, box=BOX, steps=10, random_maps=3)
    assert len(judge.calls) == 1
    (pictures,) = judge.calls
    assert pictures.shape == (3 + 9 * 2 * 4, SIDE, SIDE, 3)
    assert pictures.dtype == np.uint8
    for curves in (found.map, found.random):
        assert curves.deletion.shape == curves.insertion.shape == found.shares.shape == (11,)
        assert curves.deletion.dtype == np.float32


def test_a_true_map_beats_random_ones_and_its_opposite_does_not(view, truth):
    right, wrong = (
        faithfulness(Judge(), view, heat, MOVEMENT, box=BOX) for heat in (truth, -truth)
    )
    assert right.map.deletion_area < right.random.deletion_area < wrong.map.deletion_area
    assert right.map.insertion_area > right.random.insertion_area > wrong.map.insertion_area
    assert right.gain > 0.5
    assert wrong.gain < 0


def test_curves_begin_and_end_where_all_maps_must_agree(view, truth):
    found = faithfulness(Judge(), view, truth, MOVEMENT, box=BOX)
    for curves in (found.map, found.random):
        assert curves.deletion[0] == curves.insertion[-1] == pytest.approx(1)
        assert curves.deletion[-1] == curves.insertion[0] == pytest.approx(0)


def test_the_brightest_are_hidden_first_and_never_the_padding(view, truth):
    judge = Judge()
    faithfulness(judge, view, truth, MOVEMENT, box=BOX, steps=4, random_maps=1)
    pictures = judge.calls[0]
    padding = np.ones((SIDE, SIDE), bool)
    padding[BOX.slices] = False
    assert (pictures[:, padding] == PAD_COLOUR).all()
    deleted = pictures[3:6]
    hidden = [(picture != view).any(-1).sum() for picture in deleted]
    np.testing.assert_array_equal(hidden, np.array([1, 2, 3]) * 32 * 48 // 4)
    assert (deleted[0][18:30, 4:18] == PAD_COLOUR).all()  # The square, first of all.


def test_insertion_begins_with_a_blurred_picture(view, truth):
    judge = Judge()
    faithfulness(judge, view, truth, MOVEMENT, box=BOX)
    blurred = judge.calls[0][2][BOX.slices].astype(int)
    assert np.abs(np.diff(blurred, axis=1)).max() < 30  # In the view it is 255.
    assert np.abs(blurred.mean((0, 1)) - view[BOX.slices].mean((0, 1))).max() < 8


def test_areas_are_by_the_trapezoid_rule():
    picture = np.full((4, 4, 3), 200, np.uint8)
    answers = iter([1.0, 0.0, 0.0, 0.4, 0.2, 0.5, 0.9, *[0.5] * 4])

    def score(pictures: np.ndarray) -> np.ndarray:
        return np.array([[next(answers)] for _ in pictures], np.float32)

    heat = np.arange(16, dtype=np.float32).reshape(4, 4)
    found = faithfulness(score, picture, heat, 0, steps=3, random_maps=1)
    assert found.map.deletion_area == pytest.approx((0.5 + 0.4 + 0.2) / 3)
    assert found.map.insertion_area == pytest.approx((0.5 + 0.5 + 0.9) / 3)


def test_the_same_seed_gives_the_same_random_maps(view, truth):
    one, same, other = (
        faithfulness(Judge(), view, truth, MOVEMENT, box=BOX, seed=seed).random.deletion
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_a_flat_map_is_no_error(view):
    found = faithfulness(Judge(), view, np.zeros((6, 6), np.float32), MOVEMENT, box=BOX)
    assert np.isfinite(found.gain)


def test_impossible_arguments_are_refused(view, truth):
    with pytest.raises(ValueError, match="finite"):
        faithfulness(Judge(), view, truth * np.nan, MOVEMENT)
    with pytest.raises(ValueError, match="at least one"):
        faithfulness(Judge(), view, truth, MOVEMENT, steps=0)


def test_scorer_gives_the_probabilities_of_the_shipped_classifier(classifier: Classifier, painting):
    view, box = letterbox(painting)
    reading = classifier.read(painting)
    found = faithfulness(
        scorer(classifier.network), view, reading.cam[0, 1], 1, box=box, steps=2, random_maps=1
    )
    assert found.map.deletion[0] == pytest.approx(reading.view_probabilities[0, 1], abs=1e-4)
