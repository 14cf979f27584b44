"""Video in, MP4 (H.264) out, through FFmpeg's libraries."""

import math
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from app.errors import UserError
from app.translation import gettext as _
from app.video.frame_stream import Limits
from training.common.preprocessing import resize

SOUND = ("aac", "mp3", "opus")
"""Codecs that browsers play out of an MP4 file: such sound is copied, other sound is left out."""

ENCODING = {"crf": "20", "preset": "veryfast"}

_BT709, _LIMITED = 1, 1  # FFmpeg's numbers for what nearly all videos use.

av.logging.set_level(av.logging.FATAL)  # Encoders talk much, and broken files make decoders do so.


class Video:
    """A video that is read and written; see `app.video.frame_stream.FrameStream`.

    Each frame keeps its own time, so that variable frame rates survive; phones' rotation is
    applied. Of the sound the first track is copied if it is one of `SOUND`, frame by frame, so
    that it ends with the last one that is painted; after all frames, to its own end.

    Args:
        source: the file.
        target: the file to write.
        container: FFmpeg's name of the format that is read. It is never guessed: some of FFmpeg's
            formats are lists of other files, which a stranger may choose.
        limits: on what is read.

    Raises:
        UserError: there is no video in it, or it exceeds a limit. What decoders raise comes as it
            is.
    """

    suffix = ".mp4"

    def __init__(self, source: Path, target: Path, container: str, limits: Limits) -> None:
        with ExitStack() as files:
            self.total, self.size = _survey(_open(files, source, container, limits), limits)
            self.input = _open(files, source, container, limits)
            self.video = self.input.streams.video[0]
            self.sound = next(filter(_can_be_copied, self.input.streams.audio), None)
            self.output = files.enter_context(
                av.open(target, "w", format="mp4", options={"movflags": "+faststart"})
            )
            self.track = add_track(
                self.output, self.video.average_rate, self.video.time_base, *self.size
            )
            if self.sound:
                self.sound_track = self.output.add_stream_from_template(self.sound)
            self._files = files.pop_all()
        self.limits = limits
        self._shown: VideoFrame | None = None
        self._unheard: deque[tuple[Fraction, Packet]] = deque()  # Times and sound, not yet copied.

    def frames(self) -> Iterator[np.ndarray]:
        """Each frame, uint8 RGB [H,W,3], all of one size."""
        count, last = 0, -math.inf
        for packet in self.input.demux([self.video, *filter(None, [self.sound])]):
            if packet.stream is self.sound:
                if packet.dts is not None:  # A track ends with an empty packet.
                    self._unheard.append((packet.dts * packet.time_base, packet))
                continue
            for frame in self.video.decode(packet):
                if frame.pts is None or frame.pts <= last:
                    continue  # Nobody would see it, and encoders refuse it.
                count, last = count + 1, frame.pts
                self.limits.check_length(count, 0)
                self._shown = frame
                self._copy_sound((frame.pts + (frame.duration or 0)) * (frame.time_base or 0))
                yield resize(_upright(frame), *self.size)
        self._copy_sound(math.inf)

    def add(self, painted: np.ndarray) -> None:
        """Add the painted version of the last frame, uint8 RGB [H,W,3]."""
        assert self._shown is not None
        frame = to_frame(painted)
        frame.time_base, frame.pts = self._shown.time_base, self._shown.pts
        frame.duration = self._shown.duration
        self.output.mux(self.track.encode(frame))

    def save(self) -> None:
        """Write what the encoder still holds, and the file's end."""
        self.output.mux(self.track.encode())
        self.output.close()

    def close(self) -> None:
        """Let go of both files."""
        self._files.close()

    def _copy_sound(self, until: Fraction | float) -> None:
        """Copy what is heard before a time, in seconds."""
        while self._unheard and self._unheard[0][0] < until:
            _, packet = self._unheard.popleft()
            packet.stream = self.sound_track
            self.output.mux(packet)


def _open(files: ExitStack, source: Path, container: str, limits: Limits) -> InputContainer:
    """Open a file that may be hostile: it can make FFmpeg open no other, nor decode huge frames."""
    # No protocol at all: it is read through our own file object, and can lead to no other file.
    options = {"protocol_whitelist": "none", "max_pixels": str(limits.pixels)}
    file = files.enter_context(source.open("rb"))
    opened = files.enter_context(av.open(file, "r", format=container, options=options))
    for video in opened.streams.video:
        video.codec_context.options = {"max_pixels": str(limits.pixels)}
    return opened


def _survey(container: InputContainer, limits: Limits) -> tuple[int, tuple[int, int]]:
    """How many frames there are, and width and height to paint them at; decodes only the first.

    Headers may be silent about their number, or lie: so the packets are counted.
    """
    if not container.streams.video:
        raise UserError(_("This file holds no video; please choose another one."))
    video = container.streams.video[0]
    limits.check_pixels(video.width, video.height)
    total, times, first = 0, [], None
    for packet in container.demux(video):
        first = first or next(iter(video.decode(packet)), None)
        if packet.pts is None or packet.size == 0:
            continue
        total += 1
        times += [packet.pts, packet.pts + (packet.duration or 0)]
        limits.check_length(total, float((max(times) - min(times)) * packet.time_base))
    if first is None:
        raise ValueError("no frame could be decoded")
    width, height = first.width * (video.sample_aspect_ratio or 1), first.height
    if _quarter_turns(first) % 2:
        width, height = height, width
    return total, limits.fit(float(width), float(height), multiple=2)  # as H.264 wants it


def add_track(
    output: OutputContainer,
    rate: Fraction | int | None,
    time_base: Fraction | None,
    width: int,
    height: int,
) -> VideoStream:
    """A track of H.264 that keeps a time base and says which colours it has."""
    track: VideoStream = output.add_stream("libx264", rate, ENCODING, time_base=time_base)
    track.width, track.height, track.pix_fmt = width, height, "yuv420p"
    track.colorspace = track.color_primaries = track.color_trc = _BT709
    track.color_range = _LIMITED
    track.codec_context.flags |= Flags.frame_duration  # or the last frame's would be lost
    return track


def to_frame(picture: np.ndarray) -> VideoFrame:
    """A picture, uint8 RGB [H,W,3], in the colours of `add_track`; it has no time yet."""
    return VideoFrame.from_ndarray(picture, "rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )


def _can_be_copied(sound: AudioStream) -> bool:
    context = sound.codec_context  # None where FFmpeg knows no decoder
    return context is not None and context.codec.canonical_name in SOUND


def _quarter_turns(frame: VideoFrame) -> int:
    """How often a frame must be turned by 90 degrees, counterclockwise, to stand upright."""
    return round(frame.rotation / 90)


def _upright(frame: VideoFrame) -> np.ndarray:
    """A decoded frame as uint8 RGB [H,W,3], turned as its file says."""
    return np.rot90(frame.to_ndarray(format="rgb24"), _quarter_turns(frame))
