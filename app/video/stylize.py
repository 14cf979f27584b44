"""Painting an animated GIF or WebP, or a short video, frame by frame.

    painter = VideoStylizer(stylizer, vector, strength=0.8)
    for step in stylize_video(upload, folder / "painted", painter.paint):
        ...  # step.picture is the newest frame; the last step has step.file

Every video comes out as MP4 with H.264, which all browsers play. Frames keep their times, and sound
is copied where browsers play it from an MP4 file, see `app.video.video_file.SOUND`; other sound is
left out.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import UserError
from app.progress import Step
from app.translation import gettext as _
from app.video.animation import Animation
from app.video.frame_stream import FrameStream, Limits

logger = logging.getLogger(__name__)

FORMATS = _("an animated GIF or WebP, or a video as MP4, MOV, WebM, MKV or AVI")
"""What can be uploaded, for sentences."""

LIMITS = Limits()

# How each kind of file begins; those of a video are called as FFmpeg calls them.
_KINDS = {
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "mov": rb"....(?:ftyp(?!he[iv]|mif1|msf1|avi[fs])|moov|mdat|wide|free|skip)",
    "matroska": rb"\x1a\x45\xdf\xa3",
    "avi": rb"RIFF....AVI ",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoStep(Step):
    """The state after a frame; `picture` is the newest frame, only the last step has a `file`."""

    file: Path | None = None


def stylize_video(
    source: Path,
    target: Path,
    paint: Callable[[np.ndarray], np.ndarray],
    *,
    limits: Limits = LIMITS,
    enough: Callable[[], bool] = lambda: False,
) -> Iterator[VideoStep]:
    """Paint each frame of an animation or a video.

    Closed early, it leaves no file behind.

    Args:
        source: an uploaded file; what it is, its first bytes say.
        target: the file to write, without a suffix: that depends on the source.
        paint: paints a frame, uint8 RGB [H,W,3], at the same size.
        limits: on the source, and on the size of what is painted.
        enough: called after each frame; once it returns True, the new file ends there.

    Yields:
        A step for each frame, and one for the file.

    Raises:
        UserError: the file is no animation or video, damaged, or too large.
    """
    start = time.perf_counter()
    partial = target.with_name(target.name + ".partial")
    step, painted = 0, None
    try:
        with closing(_open(source, partial, limits)) as stream:
            for step, frame in enumerate(_frames(stream), start=1):
                painted = paint(frame)
                stream.add(painted)
                total = max(stream.total, step) + 1
                seconds = time.perf_counter() - start
                yield VideoStep(step=step, total=total, picture=painted, seconds=seconds)
                if enough():
                    break
            stream.save()
        file = partial.replace(target.with_name(target.name + stream.suffix))
    finally:
        partial.unlink(missing_ok=True)
    seconds = time.perf_counter() - start
    yield VideoStep(step=step + 1, total=step + 1, picture=painted, seconds=seconds, file=file)


def _open(source: Path, target: Path, limits: Limits) -> FrameStream:
    if source.stat().st_size > limits.bytes:
        raise UserError(
            _(
                "This file is larger than the {megabytes:g} MB allowed here; please"
                " upload a shorter or smaller version."
            ).format(megabytes=limits.bytes / 2**20)
        )
    kind = _recognise(source)
    with _user_errors():
        if kind in ("GIF", "WEBP"):
            return Animation(source, target, kind, limits)
        from app.video.video_file import Video  # FFmpeg is loaded when the first video comes.

        return Video(source, target, kind, limits)


def _recognise(source: Path) -> str:
    """Key in `_KINDS` of what a file begins as."""
    with source.open("rb") as file:
        head = file.read(64)
    for kind, beginning in _KINDS.items():
        if re.match(beginning, head, re.DOTALL):
            return kind
    raise UserError(
        _("This is no animation or video that can be read here; please upload {formats}.").format(
            formats=FORMATS
        )
    )


def _frames(stream: FrameStream) -> Iterator[np.ndarray]:
    """The frames of a stream; only errors of reading them become a `UserError`."""
    with _user_errors():
        empty = True
        for frame in stream.frames():
            empty = False
            yield frame
        if empty:
            raise ValueError("no frame could be decoded")


@contextmanager
def _user_errors() -> Iterator[None]:
    """Turn what decoders raise, which is anything at all, into one sentence."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        logger.info("Could not decode a moving picture: %r", error)
        raise UserError(
            _(
                "This file is damaged, incomplete or of an unusual variety; please save"
                " it again in a video program, such as MP4, and try again."
            )
        ) from error
