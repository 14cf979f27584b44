"""Measuring what no accuracy shows: whom a reader refuses, and where its class maps go wrong."""

from itertools import product
from typing import Any

import numpy as np
from scipy.special import softmax

from training.classifier.prediction import Predictions
from training.common.preprocessing import average_views
from training.common.refusal import Refusal, Thresholds, refuse
from training.data import OTHER, PHOTOGRAPH

OUTLIER = 2.5
"""An embedding of so many times the median length is an artefact, see `measure_maps`."""

_CORNER = 1 / 3  # Of a map's width and height.


def refusals(
    predictions: Predictions, temperature: float, thresholds: Thresholds
) -> list[Refusal | None]:
    """What the app would say of each picture, if it is not blank."""
    probabilities = softmax(average_views(predictions.logits) / temperature, axis=1)
    kinds = softmax(average_views(predictions.kind), axis=1)
    return [refuse(*said, thresholds) for said in zip(probabilities, kinds, strict=True)]


def measure_outside(predictions: Predictions, found: list[Refusal | None]) -> dict[str, Any]:
    """How many strangers are refused and for what they are taken, and how many paintings are.

    Args:
        predictions: pictures of all kinds.
        found: why each is refused, see `refusals`.
    """
    refused, called = np.array([bool(why) for why in found]), np.array(found) == "photograph"
    movement = np.array([record.movement for record in predictions.records])
    photographs, others = movement == PHOTOGRAPH, movement == OTHER
    own = ~photographs & ~others
    return {
        "false_alarms": _share(refused[own]),
        "unsure": _share(np.array(found)[own] == "unsure"),
        "photographs_caught": _share(refused[photographs]),
        "photographs_called_photographs": _share(called[photographs]),
        "other_movements_caught": _share(refused[others]),
        "paintings_called_photographs": _share(called[~photographs]),
        "photographs": int(photographs.sum()),
        "other_movements": int(others.sum()),
    }


def _share(chosen: np.ndarray) -> float | None:
    return float(chosen.mean()) if len(chosen) else None


def measure_maps(predictions: Predictions) -> dict[str, Any]:
    """How often the network writes a few very large numbers into its last map, and where.

    They say nothing of the picture, but draw a class activation map's peak to one place, as was
    described for transformers (Darcet et al. 2024). An embedding averages the last map, so it is
    then far longer than others.

    Returns:
        "outliers", the share of pictures with such an embedding, and by corner the share of "peaks"
        of all pictures and of "outlier_peaks" of those; None where there are no such pictures.
    """
    outliers = predictions.lengths > OUTLIER * np.median(predictions.lengths)
    rows, columns = predictions.peaks.T
    places = {
        "top": rows < _CORNER,
        "bottom": rows > 1 - _CORNER,
        "left": columns < _CORNER,
        "right": columns > 1 - _CORNER,
    }
    corners = {
        f"{upper} {side}": places[upper] & places[side]
        for upper, side in product(("top", "bottom"), ("left", "right"))
    }
    return {
        "outliers": _share(outliers),
        "peaks": {name: _share(inside) for name, inside in corners.items()},
        "outlier_peaks": {name: _share(inside[outliers]) for name, inside in corners.items()},
    }
