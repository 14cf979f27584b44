"""Names of areas on a map, moved apart so that they can be read."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

_LETTER, _LINE = 0.0095, 0.025  # Half the width and half the height of a letter on a map.
_MARK = 0.045  # Half the size of "you are here".
_ROUNDS = 60


@dataclass(frozen=True)
class Label:
    """The name of an area, written over its middle; `short` is for narrow screens."""

    x: float
    y: float
    name: str
    short: str = ""


def apart(
    labels: Sequence[Label], mark: tuple[float, float] | None = None, scale: float = 1.0
) -> list[Label]:
    """Labels moved up or down, until no two of them cover each other.

    Their sizes are those on a map from -1 to 1 that is 700 pixels wide and high.

    Args:
        labels: where they would be best.
        mark: a place that none of them may cover.
        scale: how much larger they are beside the map.
    """
    heights = np.array([label.y for label in labels], np.float64)
    lines = [label.name.split("\n") for label in labels]
    half = [(max(map(len, each)) * _LETTER * scale, len(each) * _LINE * scale) for each in lines]
    for _ in range(_ROUNDS):
        for i, j in itertools.combinations(range(len(labels)), 2):
            across = half[i][0] + half[j][0] - abs(labels[i].x - labels[j].x)
            upward = half[i][1] + half[j][1] - abs(heights[i] - heights[j])
            if across > 0 and upward > 0:
                step = upward / 2 if heights[i] >= heights[j] else -upward / 2
                heights[i] += step
                heights[j] -= step
        if mark is not None:
            for i, label in enumerate(labels):
                upward = half[i][1] + _MARK - abs(heights[i] - mark[1])
                if upward > 0 and abs(label.x - mark[0]) < half[i][0] + _MARK:
                    heights[i] += upward if heights[i] >= mark[1] else -upward
    return [replace(label, y=float(y)) for label, y in zip(labels, heights, strict=True)]
