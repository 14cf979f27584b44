"""When to give no verdict on a picture, and for which reason.

Four reasons are kept apart: there is nearly nothing in the picture to read; it is a photograph; it
is probably outside the five movements; or no movement stands out. What is measured
(`training.evaluate`) and what is served decide by this one rule. Torch-free: the app imports it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.blank import Blank
from training.movements import KINDS

Refusal = Blank | Literal["photograph", "outside", "unsure"]
"""Why there is no verdict."""

UNSURE = 0.3
"""Calibrated probability of the likeliest movement below which no movement stands out."""

_PHOTOGRAPH = KINDS.index("photograph")


@dataclass(frozen=True)
class Thresholds:
    """Fitted on the validation split, see `training.calibration`.

    Attributes:
        outside: refuse when the chance of not being of the first kind exceeds it.
        photograph: call it a photograph only when the chance of that exceeds this as well.
    """

    outside: float
    photograph: float


def outside_score(kinds: np.ndarray) -> np.ndarray:
    """How much a picture seems to be none of the movements, in [0,1].

    Args:
        kinds: float [...,3], probabilities over KINDS.

    Returns:
        float [...].
    """
    score: np.ndarray = 1 - kinds[..., 0]
    return score


def refuse(probabilities: np.ndarray, kinds: np.ndarray, thresholds: Thresholds) -> Refusal | None:
    """Why there is no verdict on a picture that is not blank, or None.

    Args:
        probabilities: float [K], calibrated, of the movements.
        kinds: float [3], probabilities over KINDS.
        thresholds: of the network.
    """
    if outside_score(kinds) > thresholds.outside:
        return "photograph" if kinds[_PHOTOGRAPH] > thresholds.photograph else "outside"
    return "unsure" if probabilities.max() < UNSURE else None
