"""What animations and videos have in common: limits, sizes, and an interface."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.errors import UserError
from app.translation import gettext as _


@dataclass(frozen=True)
class Limits:
    """On an animation or a video.

    Attributes:
        bytes: of the file.
        pixels: of a frame in the file, width x height: 4K fits.
        frames: how many.
        seconds: how long.
        side: longest side of the painted frames; larger ones are shrunk first.
    """

    bytes: int = 100 * 2**20
    pixels: int = 4096 * 2304
    frames: int = 600
    seconds: float = 30.0
    side: int = 640

    def check_pixels(self, width: int, height: int) -> None:
        """Raise UserError if a frame is too large to be decoded."""
        if width * height > self.pixels:
            raise UserError(
                _(
                    "The frames of this file have {width} x {height} pixels, more than the"
                    " {millions:.1f} million allowed here; please make it smaller."
                ).format(width=width, height=height, millions=self.pixels / 1e6)
            )

    def check_length(self, frames: int, seconds: float) -> None:
        """Raise UserError if there are too many frames, or if they take too long."""
        if frames > self.frames or seconds > self.seconds:
            raise UserError(
                _(
                    "This file is too long: at most {frames} frames and {seconds:g} seconds"
                    " can be painted here; please cut it and try again."
                ).format(frames=self.frames, seconds=self.seconds)
            )

    def fit(self, width: float, height: float, multiple: int = 1) -> tuple[int, int]:
        """Width and height of the painted frames, both multiples of a number."""
        scale = min(1.0, self.side / max(width, height)) / multiple
        fitted = (max(1, math.floor(length * scale + 0.5)) for length in (width, height))
        wide, high = (length * multiple for length in fitted)
        return wide, high


class FrameStream(Protocol):
    """An animation or a video that is read and written again, frame by frame.

    Attributes:
        suffix: of the new file's name.
        total: how many frames there are, as far as is known.
    """

    suffix: str
    total: int

    def frames(self) -> Iterator[np.ndarray]:
        """Each frame, uint8 RGB [H,W,3], all of one size; `add` must follow each."""

    def add(self, painted: np.ndarray) -> None:
        """Add the painted version of the last frame, uint8 RGB [H,W,3]."""

    def save(self) -> None:
        """Complete the new file."""

    def close(self) -> None:
        """Close all files; the new one is valid only if it was saved."""
