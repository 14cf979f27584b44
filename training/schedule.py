"""Learning rates, and the log of a run that counts in steps."""

import csv
import math
import time
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

WARM_UP = 200


def learning_rate(step: int, steps: int, highest: float) -> float:
    """A short warm-up, then a cosine to zero."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return highest * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


class Log:
    """losses.csv, a line for every so many steps, each the mean since the last."""

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self.sums: dict[str, float] = {}
        self.count, self.since = 0, time.monotonic()

    def add(self, step: int, losses: Mapping[str, Tensor]) -> None:
        """Count a step in; write, and print, if a line is due."""
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach())
        self.count += 1
        if step % self.every:
            return
        seconds = (time.monotonic() - self.since) / self.count
        row = {"step": step} | {name: value / self.count for name, value in self.sums.items()}
        row |= {"seconds": seconds}
        new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        self.sums, self.count, self.since = {}, 0, time.monotonic()
