"""Reading and writing of animated GIF and WebP."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from app.errors import UserError
from app.translation import gettext as _
from app.video.frame_stream import Limits
from training.common.preprocessing import resize


class Animation:
    """An animation, read and written in the same format; see `app.video.frame_stream.FrameStream`.

    How long each frame stands, and how often all of them are shown, is kept. Transparent frames
    are laid on white, as still pictures are. The painted frames are held in memory until they are
    saved: one byte a pixel for GIF, three for WebP.

    Args:
        source: the file.
        target: the file to write.
        kind: "GIF" or "WEBP", as Pillow names it.
        limits: on what is read.

    Raises:
        UserError: it does not move, or exceeds a limit. What decoders raise comes as it is.
    """

    def __init__(self, source: Path, target: Path, kind: str, limits: Limits) -> None:
        self.suffix = "." + kind.lower()
        self.target, self.kind = target, kind
        with ExitStack() as files:
            self.image = files.enter_context(Image.open(source, formats=(kind,)))
            self.durations = _survey(self.image, limits)
            self._files = files.pop_all()
        self.total = len(self.durations)
        self.size = limits.fit(*self.image.size)
        self.painted: list[Image.Image] = []

    def frames(self) -> Iterator[np.ndarray]:
        """Each frame, uint8 RGB [H,W,3], all of one size."""
        for index in range(self.total):
            self.image.seek(index)
            rgba = self.image.convert("RGBA")
            canvas = Image.new("RGB", rgba.size, "white")
            canvas.paste(rgba, mask=rgba)
            yield resize(np.asarray(canvas), *self.size)

    def add(self, painted: np.ndarray) -> None:
        """Add the painted version of the last frame, uint8 RGB [H,W,3]."""
        image = Image.fromarray(painted)
        self.painted.append(image.quantize() if self.kind == "GIF" else image)

    def save(self) -> None:
        """Write the new file."""
        first, *rest = self.painted
        first.save(
            self.target,
            self.kind,
            save_all=True,
            append_images=rest,
            duration=self.durations[: len(self.painted)],
            loop=self.image.info.get("loop"),  # None: once
            **({"quality": 85} if self.kind == "WEBP" else {}),
        )

    def close(self) -> None:
        """Close the file that is read."""
        self._files.close()


def _survey(image: Image.Image, limits: Limits) -> list[int]:
    """Milliseconds of each frame. All are decoded once, so that nothing fails halfway."""
    durations: list[int] = []
    while True:
        try:
            image.seek(len(durations))
        except EOFError:
            break
        limits.check_pixels(*image.size)
        image.load()  # WebP tells a frame's duration no sooner.
        durations.append(int(image.info.get("duration", 0)))
        limits.check_length(len(durations), sum(durations) / 1000)
    if len(durations) < 2:
        raise UserError(_("This file holds a single picture; please upload it as a picture."))
    return durations
