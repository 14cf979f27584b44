import subprocess
import sys

import numpy as np
import pytest

from training.common.refusal import UNSURE, Thresholds, outside_score, refuse

THRESHOLDS = Thresholds(outside=0.6, photograph=0.9)
CLEAR = np.array([0.7, 0.1, 0.1, 0.05, 0.05])


@pytest.mark.parametrize(
    ("kinds", "refusal"),
    [
        ((0.5, 0.5, 0.0), None),
        ((0.3, 0.7, 0.0), "outside"),
        ((0.05, 0.95, 0.0), "photograph"),
        ((0.05, 0.0, 0.95), "outside"),
    ],
)
def test_only_a_clear_photograph_is_called_one(kinds, refusal):
    assert refuse(CLEAR, np.array(kinds), THRESHOLDS) == refusal


def test_no_movement_stands_out_where_all_are_alike():
    even, painting = np.full(5, 0.2), np.array([0.9, 0.05, 0.05])
    assert refuse(even, painting, THRESHOLDS) == "unsure"
    assert refuse(np.array([UNSURE, *[(1 - UNSURE) / 4] * 4]), painting, THRESHOLDS) is None


def test_refusal_prefers_no_movement_over_uncertainty():
    assert refuse(np.full(5, 0.2), np.array([0.1, 0.0, 0.9]), THRESHOLDS) == "outside"


def test_the_score_is_one_minus_the_first_kind():
    kinds = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    assert outside_score(kinds) == pytest.approx([0.3, 0.9])


def test_the_weight_is_that_of_photographs_in_training():
    """Twice as many photographs, twice the odds of one; other odds stay."""
    own, photograph, other = 0.7, 0.2, 0.1
    weighted = np.array([own, 2 * photograph, other])
    expected = outside_score(weighted / weighted.sum())
    assert outside_score(np.array([own, photograph, other]), 2) == pytest.approx(expected)


def test_the_rule_loads_without_torch():
    code = (
        "import sys, training.common.refusal; print('torch' in sys.modules, 'scipy' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
