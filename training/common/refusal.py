"""Refusal: when no verdict on a picture is given, and for which reason.

Four reasons are kept apart: there is nearly nothing in the picture to read; it is a photograph; it
is probably outside the five movements; or no movement stands out. What is measured
(`training.classifier.evaluate`) and what is served decide by this one rule. Torch-free: the app
imports it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.common.blank import Blank
from training.common.movements import KINDS

Refusal = Blank | Literal["photograph", "outside", "unsure"]
"""Why there is no verdict."""

UNSURE = 1 / 3
"""Calibrated probability of the likeliest movement below which no movement stands out."""

_OWN, _PHOTOGRAPH, _OTHER = range(len(KINDS))


@dataclass(frozen=True)
class Thresholds:
    """Fitted on the validation split by `training.classifier.calibration.fit_thresholds`.

    Attributes:
        outside: refuse where `outside_score` exceeds it.
        photograph: call what is refused a photograph only where the chance of that exceeds it.
        photograph_weight: see `outside_score`.
    """

    outside: float
    photograph: float
    photograph_weight: float = 1.0


def outside_score(kinds: np.ndarray, photograph_weight: float = 1.0) -> np.ndarray:
    """How much a picture seems to be none of the movements, in [0,1].

    Other movements are hard to tell from the five, photographs are not. So that the first do not
    use up all the false alarms that are allowed, the chances are those which the network would give
    if photographs were so many times as common as in training (Saerens et al. 2002).

    Args:
        kinds: float [...,3], probabilities over KINDS.
        photograph_weight: how many times as common photographs are taken to be.

    Returns:
        float [...].
    """
    strange = photograph_weight * kinds[..., _PHOTOGRAPH] + kinds[..., _OTHER]
    score: np.ndarray = strange / (strange + kinds[..., _OWN])
    return score


def refuse(probabilities: np.ndarray, kinds: np.ndarray, thresholds: Thresholds) -> Refusal | None:
    """Why there is no verdict on a picture that is not blank, or None.

    Args:
        probabilities: float [K], calibrated, of the movements.
        kinds: float [3], probabilities over KINDS.
        thresholds: of the network.
    """
    if outside_score(kinds, thresholds.photograph_weight) > thresholds.outside:
        return "photograph" if kinds[_PHOTOGRAPH] > thresholds.photograph else "outside"
    return "unsure" if probabilities.max() < UNSURE else None
