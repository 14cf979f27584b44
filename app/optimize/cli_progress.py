"""A run that is followed on a terminal, until it ends or Ctrl-C is pressed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tqdm import tqdm

from app.optimize.spec import GatysStep
from app.video.timelapse import Timelapse


class Progress:
    """How far a run has come, as a bar on a terminal.

    Attributes:
        last: the newest step, if any.
        stopped: whether Ctrl-C ended the run.
    """

    def __init__(self) -> None:
        self.last: GatysStep | None = None
        self.stopped = False

    def follow(self, steps: Iterator[GatysStep], timelapse: Timelapse) -> None:
        """Run to the end, or to the first Ctrl-C."""
        layout = "{desc} {percentage:3.0f}%|{bar}| {n}/{total}{postfix}"
        with (
            first_interrupt() as pressed,
            tqdm(disable=None, leave=False, bar_format=layout) as bar,
        ):
            for step in steps:
                self.last = step
                if step.picture is not None:
                    timelapse.add(step.picture)
                level, losses = step.plan.levels[step.level], step.losses
                bar.total, bar.n = step.total, step.step
                bar.set_description_str(
                    f"scale {step.level + 1}/{len(step.plan.levels)} {level.width}x{level.height}",
                    refresh=False,
                )
                bar.set_postfix_str(
                    f"content {losses.content:.3f}, style {losses.style:.4f},"
                    f" {step.eta:.0f} s left",
                    refresh=False,
                )
                bar.update(0)
                if pressed.is_set():
                    self.stopped = True
                    break


@contextmanager
def first_interrupt() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual."""
    pressed = threading.Event()

    def press(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
