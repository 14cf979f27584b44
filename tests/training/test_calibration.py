import numpy as np
import pytest
from scipy.special import softmax

from training.calibration import fit_temperature, fit_threshold, outside_scores


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found_again(temperature):
    rng = np.random.default_rng(0)
    true_logits = rng.normal(size=(20_000, 5)) * 2
    labels = np.array([rng.choice(5, p=row) for row in softmax(true_logits, axis=1)])
    assert fit_temperature(true_logits * temperature, labels) == pytest.approx(temperature, rel=0.1)


def test_threshold_refuses_the_agreed_share():
    scores = np.linspace(0, 1, 1001)
    threshold = fit_threshold(scores, 0.05)
    assert (scores > threshold).mean() == pytest.approx(0.05, abs=0.002)


def test_outside_score_is_one_minus_the_first_kind():
    kinds = np.log(np.array([[0.7, 0.2, 0.1]]))
    assert outside_scores(kinds) == pytest.approx([0.3])
