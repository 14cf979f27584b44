from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import app.video.video_file
from app.video.frame_stream import Limits
from app.video.stylize import stylize_video
from tests.app.uploads import assert_close
from tests.app.video.clips import frame, inverted, paint, refusal, shown, sounds, stored, video

TIMES = (0, 7, 19, 20, 41, 70)
"""Of a video with a variable frame rate, in 600ths of a second."""


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


def test_an_avi_becomes_mp4(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.avi", codec="mpeg4", sound="libmp3lame")
    steps = paint(source)
    assert len(shown(steps[-1].file)) == len(shown(source))


def test_sound_that_browsers_do_not_play_is_left_out(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mov", sound="pcm_s16le")
    with av.open(paint(source)[-1].file) as file:
        assert [stream.type for stream in file.streams] == ["video"]


def test_sound_ends_with_the_video(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", TIMES, sound="aac", last=100)
    answers = iter([False, False, True])
    *_, last = stylize_video(source, tmp_path / "x", inverted, enough=lambda: next(answers))
    (*_, (time, span, _)) = shown(last.file)
    assert float(time) == pytest.approx(TIMES[2] / 600, abs=1e-3)
    with av.open(last.file) as file:
        heard = [packet.dts * packet.time_base for packet in file.demux(audio=0) if packet.size]
    assert 0 < len(heard) < len(sounds(source))
    assert max(heard) < time + span


def test_a_video_declares_its_colours(tmp_path: Path) -> None:
    with av.open(paint(video(tmp_path / "clip.mp4"))[-1].file) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        picture = next(file.decode(stream))
        assert (picture.colorspace, picture.color_range) == (1, 1)  # BT.709, limited


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_rotated_videos_become_upright(tmp_path: Path, rotation: int) -> None:
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


def test_odd_sizes_are_made_even_for_video(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.webm", codec="libvpx-vp9", sides=(65, 49))
    assert paint(source)[0].picture.shape == (50, 66, 3)


def test_no_file_can_make_ffmpeg_open_another(tmp_path: Path) -> None:
    video(tmp_path / "secret.mp4")
    playlist = stored(tmp_path / "clip.mp4", b"ffconcat version 1.0\nfile secret.mp4\n")
    with av.open(playlist, format="concat") as file:  # That is how dangerous it would be.
        assert file.streams.video
    with ExitStack() as files, pytest.raises(av.FFmpegError):
        app.video.video_file._open(files, playlist, "concat", Limits())


def test_frames_larger_than_a_header_says_are_not_decoded(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", codec="mpeg4")
    with ExitStack() as files:
        opened = app.video.video_file._open(files, source, "mov", Limits(pixels=64 * 48 - 1))
        with pytest.raises(av.FFmpegError):
            next(opened.decode(video=0))


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", sound="aac")
    alone = tmp_path / "sound.mp4"
    with av.open(source) as file, av.open(alone, "w") as copy:
        track = copy.add_stream_from_template(file.streams.audio[0])
        for packet in file.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                copy.mux(packet)
    assert "no video" in refusal(alone)
