import io
import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import app.video
from app.errors import UserError
from app.moving import MovingStep, paint_moving
from app.reel import Limits
from tests.app.clips import SIDES, animation, frame, video
from tests.app.uploads import assert_close, encode

TIMES = (0, 7, 19, 20, 41, 70)
"""Of a video with a variable frame rate, in 600ths of a second."""


def same(picture: np.ndarray) -> np.ndarray:
    return picture


def inverted(picture: np.ndarray) -> np.ndarray:
    return 255 - picture


def paint(
    source: Path,
    brush: Callable[[np.ndarray], np.ndarray] = same,
    limits: Limits | None = None,
) -> list[MovingStep]:
    target = source.with_name("painted, № 5")
    return list(paint_moving(source, target, brush, limits=limits or Limits()))


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


# Animations.


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
@pytest.mark.parametrize("loop", [0, 3, None])
def test_an_animation_keeps_its_kind_timing_and_repeats(
    tmp_path: Path, kind: str, loop: int | None
) -> None:
    durations = [100, 40, 250, 20, 70]
    source = stored(tmp_path / "clip", animation(kind, durations, loop))
    file = paint(source, inverted)[-1].file
    assert file == tmp_path / f"painted, № 5.{kind.lower()}"
    with Image.open(file) as image, Image.open(source) as original:
        assert image.format == kind
        assert image.size == SIDES
        assert image.info.get("loop") == original.info.get("loop")
        found = []
        for index in range(image.n_frames):
            image.seek(index)
            pixels = np.asarray(image.convert("RGB"))
            found.append(image.info["duration"])
            assert_close(pixels[8, 8], 255 - frame(index)[8, 8], tolerance=20)
            assert_close(pixels[-8, -8], 255 - frame(index)[-8, -8], tolerance=20)
    assert found == durations


def test_frames_that_look_alike_still_take_their_time(tmp_path: Path) -> None:
    source = stored(tmp_path / "clip", animation("GIF", [100, 40, 60]))
    file = paint(source, lambda picture: np.zeros_like(picture))[-1].file
    with Image.open(file) as image:
        assert image.info["duration"] == 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_transparent_frames_are_laid_on_white(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGBA", SIDES, (0, 0, 0, 0)) for _ in range(2)]
    for index, image in enumerate(frames):
        image.paste((0, 0, 255, 255), (0, 0, 10 + 10 * index, 48))
        image.putpixel((63, 47), (255, 0, 0, 128))  # Pillow finds no alpha in WebP without one.
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=50, disposal=2)
    pictures = [s.picture for s in paint(stored(tmp_path / "clip", file.getvalue()))[:-1]]
    for index, picture in enumerate(pictures):
        assert_close(picture[20, 5 + 10 * index], (0, 0, 255), tolerance=20)
        assert_close(picture[20, 40], (255, 255, 255), tolerance=20)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "JPEG", "HEIF", "AVIF"])
def test_a_still_picture_is_sent_to_the_other_door(tmp_path: Path, kind: str) -> None:
    sentence = refusal(stored(tmp_path / "clip.mp4", encode(frame(0), kind)))
    assert "single picture" in sentence or "no moving picture" in sentence


# Video.


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("clip.mp4", "libx264", "aac"),
        ("clip.mov", "mpeg4", "aac"),
        ("clip.webm", "libvpx-vp9", "libopus"),
        ("clip.mkv", "libx264", "libmp3lame"),
    ],
)
def test_a_video_becomes_mp4_and_keeps_its_times_and_sound(
    tmp_path: Path, name: str, codec: str, sound: str
) -> None:
    source = video(tmp_path / name, TIMES, codec=codec, sound=sound, last=100)
    before = shown(source)
    file = paint(source, inverted)[-1].file
    assert file == tmp_path / "painted, № 5.mp4"
    after = shown(file)
    for (time, span, picture), (new_time, new_span, new_picture) in zip(before, after, strict=True):
        assert float(new_time) == pytest.approx(float(time), abs=1e-3)
        assert float(new_span) == pytest.approx(float(span), abs=2e-3)
        assert_close(new_picture[8, 8], 255 - picture[8, 8], tolerance=16)
        assert_close(new_picture[-8, -8], 255 - picture[-8, -8], tolerance=16)
    assert sounds(file) == sounds(source)
    assert len(sounds(file)) > 5


def sounds(path: Path) -> list[bytes]:
    """The packets of the first sound track."""
    with av.open(path) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def test_an_avi_becomes_mp4(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.avi", codec="mpeg4", sound="libmp3lame")
    steps = paint(source)
    assert len(shown(steps[-1].file)) == len(shown(source))


def test_sound_that_browsers_do_not_play_is_left_out(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mov", sound="pcm_s16le")
    with av.open(paint(source)[-1].file) as file:
        assert [stream.type for stream in file.streams] == ["video"]


def test_a_video_says_which_colours_it_has(tmp_path: Path) -> None:
    with av.open(paint(video(tmp_path / "clip.mp4"))[-1].file) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        picture = next(file.decode(stream))
        assert (picture.colorspace, picture.color_range) == (1, 1)  # BT.709, limited


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_phones_video_comes_upright(tmp_path: Path, rotation: int) -> None:
    source = video(tmp_path / "clip.mp4", rotation=rotation)
    expected = np.rot90(frame(0), rotation // 90)
    steps = paint(source)
    assert_close(steps[0].picture[8, 8], expected[8, 8], tolerance=16)
    assert_close(steps[0].picture[-8, -8], expected[-8, -8], tolerance=16)
    with av.open(steps[-1].file) as file:
        picture = next(file.decode(video=0))
        assert (picture.height, picture.width) == expected.shape[:2]
        assert picture.rotation == 0


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", aspect=Fraction(2, 1))
    assert paint(source)[0].picture.shape == (48, 128, 3)


def test_of_two_frames_at_one_time_only_the_first_is_painted(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mkv", codec="mpeg4")
    twice = tmp_path / "twice.mkv"
    with av.open(source) as file, av.open(twice, "w") as copy:
        track = copy.add_stream_from_template(file.streams.video[0])
        for packet in list(file.demux(video=0))[:4]:
            packet.pts = packet.dts = max(33, packet.pts)
            packet.stream = track
            copy.mux(packet)
    times = [time for time, _, _ in shown(twice)]
    assert times[0] == times[1]
    assert [time for time, _, _ in shown(paint(twice)[-1].file)] == times[1:]


def test_large_frames_are_shrunk_to_an_even_size(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", sides=(200, 90))
    assert paint(source, limits=Limits(side=101))[0].picture.shape == (46, 102, 3)
    gif = stored(tmp_path / "clip.gif", animation("GIF", [50, 50]))
    assert paint(gif, limits=Limits(side=33))[0].picture.shape == (25, 33, 3)


def test_odd_sizes_are_made_even_for_video(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.webm", codec="libvpx-vp9", sides=(65, 49))
    assert paint(source)[0].picture.shape == (50, 66, 3)


# Progress.


@pytest.mark.parametrize("name", ["clip.gif", "clip.mp4"])
def test_progress_is_told_frame_by_frame(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "clip.gif":
        stored(source, animation("GIF", [50] * 4))
    else:
        video(source)
    steps = paint(source)
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    assert {step.total for step in steps} == {5}
    assert [step.file is None for step in steps] == [True] * 4 + [False]
    assert all(step.picture.shape == (48, 64, 3) for step in steps)
    assert steps[-1].eta == 0


@pytest.mark.parametrize("name", ["clip.gif", "clip.mp4"])
def test_nothing_is_left_when_it_is_stopped(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "clip.gif":
        stored(source, animation("GIF", [50] * 4))
    else:
        video(source, sound="aac")
    steps = paint_moving(source, tmp_path / "painted", same)
    next(steps)
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("name", ["clip.gif", "clip.mp4"])
def test_what_goes_wrong_in_painting_is_not_blamed_on_the_file(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "clip.gif":
        stored(source, animation("GIF", [50] * 4))
    else:
        video(source)

    def broken(_: np.ndarray) -> np.ndarray:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        paint(source, broken)
    assert list(tmp_path.iterdir()) == [source]


# Limits and hostile files.


def moving(tmp_path: Path) -> list[Path]:
    return [
        stored(tmp_path / "clip.gif", animation("GIF", [50] * 4)),
        stored(tmp_path / "clip.webp", animation("WEBP", [50] * 4)),
        video(tmp_path / "clip.mp4", (0, 30, 60, 90), last=30),
        video(tmp_path / "clip.webm", (0, 30, 60, 90), last=30, codec="libvpx"),
    ]


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (Limits(frames=3), "at most 3 frames"),
        (Limits(seconds=0.15), "0.15 seconds"),
        (Limits(pixels=64 * 48 - 1), "64 x 48 pixels"),
        (Limits(bytes=200), "larger than"),
    ],
)
def test_limits_hold_for_every_kind(tmp_path: Path, limits: Limits, problem: str) -> None:
    for source in moving(tmp_path):
        assert problem in refusal(source, limits)
        enough = Limits(frames=4, seconds=0.2, pixels=64 * 48)
        paint(source, limits=enough)[-1].file.unlink()


def test_a_file_is_refused_before_the_first_frame_is_painted(tmp_path: Path) -> None:
    painted: list[np.ndarray] = []

    def brush(picture: np.ndarray) -> np.ndarray:
        painted.append(picture)
        return picture

    for source in moving(tmp_path):
        with pytest.raises(UserError):
            list(paint_moving(source, tmp_path / "x", brush, limits=Limits(frames=3)))
    assert painted == []


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_half_a_file_is_refused_or_painted_as_far_as_it_goes(tmp_path: Path, cut: float) -> None:
    for source in moving(tmp_path):
        content = source.read_bytes()
        broken = stored(tmp_path / ("broken" + source.suffix), content[: int(cut * len(content))])
        with suppress(UserError):
            assert paint(broken)[-1].file


def test_broken_bytes_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for source in moving(tmp_path):
        content = source.read_bytes()
        for _ in range(15):
            broken = bytearray(content)
            for place in rng.integers(16, len(content), 8):
                broken[place] = rng.integers(256)
            file = stored(tmp_path / "broken", bytes(broken))
            with suppress(UserError):
                paint(file)


def test_what_decoders_say_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    refusal(stored(tmp_path / "clip.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 99))
    assert "Could not decode" in caplog.text


HOSTILE = {
    "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a playlist": b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n",
    "a session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\n",
    "text": b"not a video",
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "a web page": b"<!doctype html>",
    "half a header": b"GIF89a",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    refusal(stored(tmp_path / "clip.mp4", content))


def test_no_file_can_make_ffmpeg_open_another(tmp_path: Path) -> None:
    video(tmp_path / "secret.mp4")
    playlist = stored(tmp_path / "clip.mp4", b"ffconcat version 1.0\nfile secret.mp4\n")
    with av.open(playlist, format="concat") as file:  # That is how dangerous it would be.
        assert file.streams.video
    with ExitStack() as files, pytest.raises(av.FFmpegError):
        app.video._open(files, playlist, "concat", Limits())


def test_frames_larger_than_a_header_says_are_not_decoded(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", codec="mpeg4")
    with ExitStack() as files:
        opened = app.video._open(files, source, "mov", Limits(pixels=64 * 48 - 1))
        with pytest.raises(av.FFmpegError):
            next(opened.decode(video=0))


def test_sound_alone_is_no_moving_picture(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", sound="aac")
    alone = tmp_path / "sound.mp4"
    with av.open(source) as file, av.open(alone, "w") as copy:
        track = copy.add_stream_from_template(file.streams.audio[0])
        for packet in file.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                copy.mux(packet)
    assert "no moving picture" in refusal(alone)
