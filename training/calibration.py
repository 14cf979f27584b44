"""Making a network's confidence mean what it says.

Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks") divides the logits
by one number fitted on validation pictures; no verdict changes, only how sure it claims to be.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

FALSE_ALARMS = 0.05
"""Share of genuine paintings of the movements that the refusal may cost."""


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


def outside_scores(kind_logits: np.ndarray) -> np.ndarray:
    """How much each picture seems to be none of the movements, in [0,1].

    Args:
        kind_logits: float [P,3] over KINDS, weighted mean over the six views.
    """
    return 1 - softmax(kind_logits, axis=1)[:, 0]


def fit_threshold(scores: np.ndarray, false_alarms: float = FALSE_ALARMS) -> float:
    """The score that only `false_alarms` of genuine paintings exceed.

    Args:
        scores: float [P], outside scores of paintings of the movements.
        false_alarms: accepted share.
    """
    return float(np.quantile(scores, 1 - false_alarms))
