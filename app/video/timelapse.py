"""A time-lapse of an optimisation as a short video: MP4 (H.264) or GIF.

timelapse = Timelapse()
for step in optimisation.run():
    if step.picture is not None:
        timelapse.add(step.picture)
timelapse.mp4(path)
"""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from app.video.frame_stream import Limits
from app.video.video_file import add_track, to_frame
from training.common.preprocessing import resize

MAX_FRAMES = 120
"""Default limit on the pictures that are kept."""

SIDE = 640
"""Default limit on their longest side, in pixels."""

GIF_SIDE = 360
"""The same in a GIF, which hardly compresses painted pictures."""

HOLD = 1000
"""Milliseconds that the last picture stands at least."""

_LENGTH = 6000  # Milliseconds that all pictures together should take.
_SLOWEST, _FASTEST = 200, 50  # Milliseconds a picture.


class Timelapse:
    """Keeps pictures of a run, few and small enough for memory, evenly over its whole length.

    Once it is full every second one is dropped, and from then on only every second new one is
    taken. The newest is always kept, so that it ends as the run did. Pictures of other sizes, such
    as the lower scales of a pyramid, are shown as large as the newest.

    Args:
        most: how many pictures are kept.
        side: longest side they are kept at, in pixels.
    """

    def __init__(self, most: int = MAX_FRAMES, side: int = SIDE) -> None:
        self.most, self.limits = most, Limits(side=side)
        self._kept: list[bytes] = []
        self._newest: np.ndarray | None = None  # unless it is among those that are kept
        self._seen, self._every = 0, 1

    def __len__(self) -> int:
        """How many pictures it would show."""
        return len(self._kept) + (self._newest is not None)

    def add(self, picture: np.ndarray) -> None:
        """Take the next picture, uint8 RGB [H,W,3] of any size."""
        if len(self) >= self.most and self._seen % self._every == 0:
            self._kept, self._every = self._kept[::2], 2 * self._every
        if due := self._seen % self._every == 0:
            self._kept.append(self._encode(picture))
        self._newest = None if due else picture
        self._seen += 1

    def mp4(self, path: Path) -> None:
        """Write a video that all browsers play.

        Raises:
            ValueError: there is no picture.
        """
        pictures, times = self._frames()
        first = _decode(pictures[-1])
        base = Fraction(1, 1000)
        with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as output:
            height, width = first.shape[:2]
            track = add_track(output, round(1000 / times[0]), base, width, height)
            for index, (picture, time) in enumerate(zip(pictures, times, strict=True)):
                frame = to_frame(resize(_decode(picture), width, height))
                frame.time_base, frame.pts, frame.duration = base, sum(times[:index]), time
                output.mux(track.encode(frame))
            output.mux(track.encode())

    def gif(self, path: Path) -> None:
        """Write an animation that repeats for ever, of at most `GIF_SIDE` pixels a side.

        Raises:
            ValueError: there is no picture.
        """
        pictures, times = self._frames()
        height, width = _decode(pictures[-1]).shape[:2]
        size = Limits(side=GIF_SIDE).fit(width, height)
        shown = (Image.fromarray(resize(_decode(picture), *size)) for picture in pictures)
        first, *rest = [image.quantize() for image in shown]
        first.save(path, "GIF", save_all=True, append_images=rest, duration=times, loop=0)

    def _encode(self, picture: np.ndarray) -> bytes:
        """A small copy; as JPEG, for WebP would take ten times as long away from the painting."""
        height, width = picture.shape[:2]
        small = resize(picture, *self.limits.fit(width, height, multiple=2))  # as H.264 wants it
        file = io.BytesIO()
        Image.fromarray(small).save(file, "JPEG", quality=90, subsampling=0)
        return file.getvalue()

    def _frames(self) -> tuple[list[bytes], list[int]]:
        """Pictures, and milliseconds that each stands: multiples of ten, as GIF counts."""
        pictures = list(self._kept)
        if self._newest is not None:
            pictures.append(self._encode(self._newest))
        if not pictures:
            raise ValueError("there is no picture to show")
        each = min(_SLOWEST, max(_FASTEST, _LENGTH // len(pictures)))
        times = [each // 10 * 10] * len(pictures)
        times[-1] = HOLD
        return pictures, times


def _decode(file: bytes) -> np.ndarray:
    """uint8 RGB [H,W,3] of what was kept."""
    return np.asarray(Image.open(io.BytesIO(file)))
