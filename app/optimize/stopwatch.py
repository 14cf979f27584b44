"""Time that a run takes, without that in which it was left."""

import time
from typing import Self


class Stopwatch:
    """Counts seconds while it is entered."""

    def __init__(self) -> None:
        self.before, self.entered = 0.0, 0.0
        self.running = False

    @property
    def seconds(self) -> float:
        """Of all times that it was entered."""
        return self.before + (time.perf_counter() - self.entered if self.running else 0.0)

    def __enter__(self) -> Self:
        self.entered, self.running = time.perf_counter(), True
        return self

    def __exit__(self, *_: object) -> None:
        self.before, self.running = self.seconds, False
