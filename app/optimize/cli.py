"""The command line of `app.optimize`: its arguments, and its progress bar.

Imports no torch, so that `--help` is quick.
"""

import argparse
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import get_args

from tqdm import tqdm

from app.colour import Colours
from app.errors import UserError
from app.optimize.recipe import NETWORKS, PRESETS, Optimiser
from app.optimize.spec import GatysStep
from app.video.timelapse import Timelapse

SECONDS = 60.0
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
TIMELAPSES = (".mp4", ".gif")
STYLIZER = "painter"
"""Start from the instant stylizer's result."""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; None reads this process's own."""
    parser = argparse.ArgumentParser(prog="python -m app.optimize", description="Paint slowly.")
    add = parser.add_argument
    add("content", type=Path, metavar="CONTENT", help="the picture to paint")
    add("styles", type=Path, metavar="STYLE", nargs="*", help="up to four pictures to paint like")
    add("out", type=Path, metavar="OUT", help="the file to write: PNG, JPEG or WebP")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--seconds", type=_positive, default=SECONDS, help="time to paint in (default %(default)g)"
    )
    length.add_argument("--steps", type=_whole(1), help="instead of a time")
    add(
        "--preset",
        action="append",
        default=[],
        metavar="NAME",
        help="paint like a famous painting that comes with the app, such as gogh-the-starry-night;"
        " may be given again to mix several, and beside pictures",
    )
    balance = "0 is near the photograph, 1 near the painting (default %(default)g)"
    add("--balance", type=_share, default=0.5, metavar="0..1", help=balance)
    add("--recipe", choices=PRESETS, default=next(iter(PRESETS)), help="default %(default)s")
    add("--network", choices=NETWORKS, default="texture", help="default %(default)s")
    add("--side", type=_whole(16), help="longest side in pixels")
    add("--weights", type=_numbers, help="of the pictures, then of the presets, such as 2,1")
    add("--alpha", type=_not_negative, help="weight of the content")
    add("--beta", type=_not_negative, help="weight of the style")
    add("--variation", type=_not_negative, help="weight of the total variation")
    add("--optimiser", choices=get_args(Optimiser))
    add("--scales", type=_whole(0), help="sizes from coarse to fine; 0 for as many as fit")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--start", choices=("content", "style", "noise", STYLIZER))
    begin.add_argument("--init", type=Path, metavar="PICTURE", help="start from this one")
    add("--mask", type=Path, metavar="FILE", help="paint where this picture is white")
    add("--colours", choices=get_args(Colours), default="style", help="default %(default)s")
    add("--seed", type=_whole(0), default=0)
    add("--timelapse", type=Path, metavar="FILE", help="how it came about: .mp4 or .gif")
    add("--overwrite", action="store_true", help="replace files that exist")
    return parser.parse_intermixed_args(arguments)


def check_files(args: argparse.Namespace) -> None:
    """Raise UserError if what is painted could not be saved, before any time is spent on it."""
    for path, kinds in ((args.out, PICTURES), (args.timelapse, TIMELAPSES)):
        if path is None:
            continue
        if path.suffix.lower() not in kinds:
            raise UserError(f"The name {path.name!r} must end in {' or '.join(kinds)}.")
        if not os.access(path.parent, os.W_OK):
            raise UserError(f"Nothing can be saved in {path.parent}; please name another folder.")
        if path.exists() and not args.overwrite:
            raise UserError(f"{path} exists already; please name another file or say --overwrite.")


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return read


def _not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up")
    return number


def _share(text: str) -> float:
    if (number := _not_negative(text)) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return number


def _positive(text: str) -> float:
    if not (number := _not_negative(text)):
        raise argparse.ArgumentTypeError("it must be more than 0")
    return number


def _numbers(text: str) -> list[float]:
    return [_not_negative(each) for each in text.split(",")]


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
