"""How far a training run has come, its learning rates, and its log."""

import csv
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor


class Schedule:
    """How far a run has come, counted in steps or, where minutes are given, in time.

    Args:
        steps: of the whole run; with minutes, the most that it takes, which may be infinite.
        minutes: of training, or None. A run that goes on has what is left of them.
        clock: seconds, from any start.
    """

    def __init__(
        self,
        steps: float,
        minutes: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.steps, self.minutes, self.clock = steps, minutes, clock
        self.before, self.start = 0.0, clock()

    @property
    def seconds(self) -> float:
        """Time spent so far, earlier parts of the run among it."""
        return self.before + self.clock() - self.start

    def resume(self, seconds: float) -> None:
        """Go on after so much time was spent."""
        self.before, self.start = seconds, self.clock()

    def progress(self, step: int) -> float:
        """Share of the run that is over before a step, 0..1."""
        shares = [step / self.steps]
        if self.minutes is not None:
            shares.append(self.seconds / (60 * self.minutes))
        return min(1.0, max(shares))

    def progress_everywhere(self, step: int, accelerator: Accelerator) -> float:
        """As `progress`; several processes go by the first one's clock."""
        share = self.progress(step)
        if self.minutes is None or accelerator.num_processes == 1:
            return share
        return float(broadcast(torch.tensor(share, device=accelerator.device)).item())


def cosine_rate(highest: float, done: float, warm_up: float) -> float:
    """A learning rate that rises linearly to its highest, and falls as a cosine to zero.

    Args:
        highest: the rate at the end of the warm-up.
        done: share of the run that is over, 0..1.
        warm_up: share of the warm-up that is over; above 1 it is over.
    """
    return highest * min(1.0, warm_up) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give all of an optimiser's parameters this learning rate from now on."""
    for group in optimiser.param_groups:
        group["lr"] = rate


class Log:
    """losses.csv, a line for every so many steps, each the mean since the last."""

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self.sums: dict[str, Tensor] = {}
        self.count, self.since = 0, time.monotonic()

    def add(self, step: int, losses: Mapping[str, Tensor]) -> None:
        """Count a step in; write, and print, if a line is due."""
        for name, value in losses.items():
            # Not yet read: a GPU goes on working.
            value = value.detach().double()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.count += 1
        if step % self.every:
            return
        seconds = (time.monotonic() - self.since) / self.count
        row = {"step": step} | {
            name: float(value) / self.count for name, value in self.sums.items()
        }
        row |= {"seconds": seconds}
        new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        self.sums, self.count, self.since = {}, 0, time.monotonic()
