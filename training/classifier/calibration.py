"""Calibration: the temperature of the probabilities, and the thresholds of refusals.

Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks") divides the logits
by one number fitted on validation pictures; verdicts do not change, only their probabilities. A
bias or a factor for each movement (vector scaling) was tried: it fits the shares of movements among
validation pictures, and made the likelihood of unseen ones worse.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binom

from training.common.movements import KINDS
from training.common.refusal import UNSURE, Thresholds, outside_score

FALSE_ALARMS = 0.05
"""Share of genuine paintings of the movements that refusals may cost."""

CALLED_PHOTOGRAPHS = 0.015
"""Share of all paintings that may be called photographs."""

ASSURANCE = 0.95
"""How certain it shall be that these shares hold for all paintings, not only for the validated."""

WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Tried as `Thresholds.photograph_weight`."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the lowest cross-entropy.

    Args:
        logits: float [P,K].
        labels: int [P].
    """

    def cross_entropy(log_temperature: float) -> float:
        log_probabilities = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-log_probabilities[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded").x))


def fit_thresholds(probabilities: np.ndarray, kinds: np.ndarray, truth: np.ndarray) -> Thresholds:
    """Thresholds that refuse few paintings of the movements, and the most of all other pictures.

    Args:
        probabilities: float [P,K], calibrated, of validation pictures of all kinds.
        kinds: float [P,3], probabilities over KINDS.
        truth: int [P], indices into KINDS.
    """
    own, photograph, _ = (truth == kind for kind in range(len(KINDS)))
    unsure = probabilities.max(1) < UNSURE

    def refused(weight: float) -> tuple[np.ndarray, float]:
        """Which pictures are refused, bool [P], and above which score."""
        scores = np.where(unsure, 1.0, outside_score(kinds, weight))
        threshold = fit_threshold(scores[own], FALSE_ALARMS)
        return scores > threshold, threshold

    def found(weight: float) -> float:
        """Mean share of each kind of picture of no movement that is refused."""
        caught, _ = refused(weight)
        shares = [caught[truth == kind] for kind in (1, 2) if (truth == kind).any()]
        return float(np.mean([each.mean() for each in shares])) if shares else 0.0

    weight = max(WEIGHTS, key=found)  # The first of equals, so 1 where there is no such picture.
    strange, outside = refused(weight)
    called = np.where(strange, kinds[:, 1], 0.0)[~photograph]
    return Thresholds(outside, fit_threshold(called, CALLED_PHOTOGRAPHS), weight)


def fit_threshold(scores: np.ndarray, share: float, assurance: float = ASSURANCE) -> float:
    """The least score that no more than a share of all pictures exceed, as far as can be assured.

    If more than that share of all exceeded it, so few of these would with a probability of at most
    1 - `assurance`: a one-sided tolerance limit, whatever the distribution (Wilks 1941). Of too few
    pictures, the largest score.

    Args:
        scores: float [P], at least one.
        share: accepted share.
        assurance: 0..1.
    """
    counts = np.arange(len(scores))
    allowed = int((binom.cdf(counts, len(scores), share) <= 1 - assurance).sum()) - 1
    return float(np.sort(scores)[::-1][max(0, allowed)])
