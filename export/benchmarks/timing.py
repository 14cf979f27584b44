"""Timing of several candidates."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Candidate = Callable[[np.ndarray], Any]


def median_milliseconds(
    candidates: Mapping[str, Candidate], picture: np.ndarray, runs: int
) -> dict[str, float]:
    """Median time of each candidate, taking turns, after one turn to warm up.

    Args:
        candidates: functions of the picture by name.
        picture: what they are all given.
        runs: turns that count.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs + 1):
        for name, candidate in candidates.items():
            start = time.perf_counter()
            candidate(picture)
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(each[1:]) for name, each in times.items()}
