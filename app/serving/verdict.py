"""What a reading comes to: which movement, which two, or none and why not."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from app.serving.model_card import ModelCard
from training.common.blank import Blank
from training.common.preprocessing import average_views
from training.common.refusal import Refusal, refuse
from training.common.softmax import softmax

CLOSE = 1.5
"""Two movements are named together where the first is less than this many times as likely."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Verdict:
    """What the network's averaged outputs come to.

    Attributes:
        movements: names of the K movements.
        probabilities: float32 [K], calibrated: softmax of the views' weighted mean logits.
        kinds: what a picture can be at all; the first is a painting of one of the movements.
        kind_probabilities: float32 [3], over `kinds`.
        refusal: why the verdict is void and none is given, or None.
    """

    movements: tuple[str, ...]
    probabilities: np.ndarray
    kinds: tuple[str, ...]
    kind_probabilities: np.ndarray
    refusal: Refusal | None

    @property
    def ranking(self) -> list[int]:
        """Indices of the movements, likeliest first."""
        return self.probabilities.argsort()[::-1].tolist()

    @property
    def best(self) -> int:
        """Index of the likeliest movement."""
        return int(self.probabilities.argmax())

    @property
    def movement(self) -> str:
        """Name of the likeliest movement, even where there is a `refusal`."""
        return self.movements[self.best]

    @property
    def confidence(self) -> float:
        """Calibrated probability of the likeliest movement."""
        return float(self.probabilities[self.best])

    @property
    def blank(self) -> bool:
        """Whether there is nearly nothing in the picture to read."""
        return self.refusal in get_args(Blank)

    @property
    def close(self) -> bool:
        """Whether a second movement is too nearly as likely to name one alone, see `CLOSE`."""
        first, second = self.probabilities[self.ranking[:2]]
        return not self.refusal and bool(first < CLOSE * second)

    @property
    def named(self) -> list[int]:
        """Indices of the movements that the verdict names, likeliest first.

        One, two where they are `close`, or none where there is a `refusal`.
        """
        return [] if self.refusal else self.ranking[: 2 if self.close else 1]


def judge(card: ModelCard, logits: np.ndarray, kind: np.ndarray, blank: Blank | None) -> Verdict:
    """The verdict on a picture from what the network says of its views.

    Args:
        card: of the network.
        logits: float32 [6,K] of six views, or [1,K] of the whole alone; calibrated.
        kind: float32 [6,3] or [1,3], logits over the card's kinds.
        blank: why there is nearly nothing in the picture to read, or None.
    """
    average = average_views if len(logits) > 1 else np.squeeze
    probabilities, kinds = softmax(average(logits)), softmax(average(kind))
    return Verdict(
        movements=card.movements,
        probabilities=probabilities,
        kinds=card.kinds,
        kind_probabilities=kinds,
        refusal=blank or refuse(probabilities, kinds, card.thresholds),
    )
