"""Animations and videos as other programs write and read them, for tests."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.video.frame_stream import Limits
from app.video.stylize import VideoStep, stylize_video

SIDES = (64, 48)
"""Width and height of a clip."""


def frame(index: int, sides: tuple[int, int] = SIDES) -> np.ndarray:
    """A frame unlike its neighbours, red at its upper left: uint8 RGB [H,W,3]."""
    width, height = sides
    picture = np.full((height, width, 3), (40, 60 + 20 * index, 120), np.uint8)
    picture[: height // 2, : width // 2] = (230, 20, 20)
    return picture


def animation(kind: str, durations: Sequence[int], loop: int | None = 0, **options: Any) -> bytes:
    """An animated GIF or WebP whose frames stand for so many milliseconds."""
    images = [Image.fromarray(frame(index)) for index in range(len(durations))]
    settings = {"loop": loop, "duration": list(durations), "lossless": True, **options}
    if loop is None:
        del settings["loop"]
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], **settings)
    return file.getvalue()


def video(
    path: Path,
    times: Sequence[int] = (0, 20, 40, 60),
    *,
    codec: str = "libx264",
    sound: str | None = None,
    rotation: int = 0,
    sides: tuple[int, int] = SIDES,
    last: int = 20,
    aspect: Fraction | None = None,
) -> Path:
    """A video whose frames are shown at these times, in 600ths of a second; it returns its path."""
    base = Fraction(1, 600)
    with av.open(path, "w") as file:
        track = file.add_stream(codec, 30, time_base=base)
        track.width, track.height, track.pix_fmt = *sides, "yuv420p"
        track.codec_context.flags |= av.codec.context.Flags.frame_duration
        if aspect:
            track.sample_aspect_ratio = aspect
        if rotation:
            track.set_display_rotation(rotation)
        music = file.add_stream(sound, 48_000) if sound else None
        for index, (now, then) in enumerate(
            zip(times, [*times[1:], times[-1] + last], strict=True)
        ):
            picture = av.VideoFrame.from_ndarray(frame(index, sides), "rgb24")
            picture.pts, picture.time_base, picture.duration = now, base, then - now
            file.mux(track.encode(picture))
        file.mux(track.encode())
        if music:
            _play(file, music)
    return path


def _play(file: av.container.OutputContainer, music: av.AudioStream) -> None:
    """Write a fifth of a second of noise."""
    noise = np.random.default_rng(0).normal(0, 3000, (1, 960)).astype(np.int16)
    for index in range(10):
        beat = av.AudioFrame.from_ndarray(noise, "s16", "mono")
        beat.sample_rate, beat.pts, beat.time_base = 48_000, 960 * index, Fraction(1, 48_000)
        file.mux(music.encode(beat))
    file.mux(music.encode())


def same(picture: np.ndarray) -> np.ndarray:
    return picture


def inverted(picture: np.ndarray) -> np.ndarray:
    return 255 - picture


def paint(
    source: Path,
    brush: Callable[[np.ndarray], np.ndarray] = same,
    limits: Limits | None = None,
) -> list[VideoStep]:
    target = source.with_name("painted, № 5")
    return list(stylize_video(source, target, brush, limits=limits or Limits()))


def refusal(source: Path, limits: Limits | None = None) -> str:
    before = set(source.parent.iterdir())
    with pytest.raises(UserError) as caught:
        paint(source, limits=limits)
    assert set(source.parent.iterdir()) == before  # No half a file is left.
    sentence = str(caught.value)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    return sentence


def stored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def shown(path: Path) -> list[tuple[Fraction, Fraction, np.ndarray]]:
    """When each frame of a video is shown, how long, and what, as FFmpeg tells it."""
    with av.open(path) as file:
        stream = file.streams.video[0]
        frames = list(file.decode(stream))
        times = [f.pts * f.time_base for f in frames]
        last = frames[-1].pts + frames[-1].duration
        spans = np.diff([*times, last * frames[-1].time_base])
        pictures = [f.to_ndarray(format="rgb24") for f in frames]
    return list(zip(times, spans, pictures, strict=True))


def sounds(path: Path) -> list[bytes]:
    """The packets of the first sound track."""
    with av.open(path) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]
