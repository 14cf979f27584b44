import numpy as np
import pytest
from scipy.special import softmax

from training.classifier.calibration import fit_temperature, fit_threshold, fit_thresholds
from training.common.refusal import outside_score, refuse


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found_again(temperature):
    rng = np.random.default_rng(0)
    true_logits = rng.normal(size=(20_000, 5)) * 2
    labels = np.array([rng.choice(5, p=row) for row in softmax(true_logits, axis=1)])
    assert fit_temperature(true_logits * temperature, labels) == pytest.approx(temperature, rel=0.1)


@pytest.mark.parametrize("pictures", [100, 355, 2000])
def test_no_more_than_the_agreed_share_is_refused_of_pictures_not_yet_seen(pictures):
    """Nineteen times of twenty; at the plain quantile it would be every second time."""
    rng = np.random.default_rng(0)
    shares = [1 - fit_threshold(rng.random(pictures), 0.05) for _ in range(1000)]
    assert 0.93 < np.mean(np.array(shares) <= 0.05) <= 1
    assert np.mean(shares) > 0.01


def test_of_too_few_pictures_none_is_refused():
    scores = np.linspace(0, 1, 20)
    assert fit_threshold(scores, 0.05) == 1


def validation_pictures(
    seed: int = 0, *, photograph: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, kinds and truth of 600 paintings, 200 photographs and 200 others.

    Photographs are recognised, other movements hardly.

    Args:
        seed: another one, other pictures.
        photograph: by how much the network undervalues photographs.
    """
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], [600, 200, 200])
    logits = rng.normal(size=(1000, 3)) + np.array([3, 0, 2])
    logits[truth == 1] += (-2, 4, 0)
    logits[truth == 2] += (-0.5, 0, 0.5)
    logits[:, 1] -= np.log(photograph)
    return np.tile([0.6, 0.1, 0.1, 0.1, 0.1], (1000, 1)), softmax(logits, axis=1), truth


@pytest.mark.parametrize("photograph", [1, 30])
def test_thresholds_hold_on_pictures_not_yet_seen(photograph):
    thresholds = fit_thresholds(*validation_pictures(0, photograph=photograph))
    probabilities, kinds, truth = validation_pictures(1, photograph=photograph)
    found = np.array([refuse(*row, thresholds) for row in zip(probabilities, kinds, strict=True)])
    refused = np.array([bool(why) for why in found])
    assert refused[truth == 0].mean() <= 0.05
    assert refused[truth == 1].mean() > 0.8  # However the network values them.
    assert (found[truth != 1] == "photograph").mean() <= 0.015
    assert (found[truth == 1] == "photograph").mean() > 0.3


def test_refusals_of_unsure_paintings_count_as_false_alarms():
    probabilities, kinds, truth = validation_pictures()
    probabilities[:12] = 0.2
    thresholds = fit_thresholds(probabilities, kinds, truth)
    found = [refuse(*row, thresholds) for row in zip(probabilities, kinds, strict=True)]
    assert found[:12].count("unsure") > 8
    assert np.mean([bool(why) for why in found[:600]]) <= 0.05


def test_without_pictures_of_no_movement_thresholds_still_refuse_few_paintings():
    probabilities, kinds, truth = (part[:600] for part in validation_pictures())
    thresholds = fit_thresholds(probabilities, kinds, truth)
    assert thresholds.photograph_weight == 1
    assert (outside_score(kinds) > thresholds.outside).mean() <= 0.05
