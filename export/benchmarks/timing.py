"""Taking times fairly."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Contestant = Callable[[np.ndarray], Any]


def median_milliseconds(
    contestants: Mapping[str, Contestant], picture: np.ndarray, runs: int
) -> dict[str, float]:
    """Median time of each contestant, taking turns, after one turn to warm up.

    Args:
        contestants: functions of the picture by name.
        picture: what they are all given.
        runs: turns that count.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs + 1):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            contestant(picture)
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(each[1:]) for name, each in times.items()}
