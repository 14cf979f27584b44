import logging
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.video.frame_stream import Limits
from app.video.stylize import stylize_video
from tests.app.uploads import assert_close, encode
from tests.app.video.clips import animation, frame, paint, refusal, same, stored, video


@pytest.fixture(params=["clip.gif", "clip.mp4"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Four frames."""
    path: Path = tmp_path / request.param
    if path.suffix == ".gif":
        return stored(path, animation("GIF", [50] * 4))
    return video(path, sound="aac")


def test_progress_is_reported_frame_by_frame(source: Path) -> None:
    steps = paint(source)
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    assert {step.total for step in steps} == {5}
    assert [step.file is None for step in steps] == [True] * 4 + [False]
    assert all(step.picture.shape == (48, 64, 3) for step in steps)
    assert steps[-1].eta == 0


def test_the_video_ends_with_the_newest_frame_after_enough(source: Path) -> None:
    answers = iter([False, False, True])
    steps = list(stylize_video(source, source.with_name("x"), same, enough=lambda: next(answers)))
    assert [step.step for step in steps] == [1, 2, 3, 4]
    again = paint(steps[-1].file)
    assert len(again) == 4
    for newer, before in zip(again, steps, strict=True):
        assert_close(newer.picture[-8, -8], before.picture[-8, -8], tolerance=16)


def test_no_file_is_left_when_it_is_closed(source: Path) -> None:
    steps = stylize_video(source, source.with_name("painted"), same)
    next(steps)
    next(steps)
    steps.close()
    assert list(source.parent.iterdir()) == [source]


def test_errors_of_painting_are_not_reported_as_damaged_files(source: Path) -> None:
    def broken(_: np.ndarray) -> np.ndarray:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        paint(source, broken)
    assert list(source.parent.iterdir()) == [source]


def test_large_frames_are_shrunk_to_an_even_size(tmp_path: Path) -> None:
    source = video(tmp_path / "clip.mp4", sides=(200, 90))
    assert paint(source, limits=Limits(side=101))[0].picture.shape == (46, 102, 3)
    gif = stored(tmp_path / "clip.gif", animation("GIF", [50, 50]))
    assert paint(gif, limits=Limits(side=33))[0].picture.shape == (25, 33, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "JPEG", "HEIF", "AVIF"])
def test_a_still_picture_is_refused(tmp_path: Path, kind: str) -> None:
    sentence = refusal(stored(tmp_path / "clip.mp4", encode(frame(0), kind)))
    assert "single picture" in sentence or "no animation or video" in sentence


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
            list(stylize_video(source, tmp_path / "x", brush, limits=Limits(frames=3)))
    assert painted == []


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_truncated_file_is_refused_or_painted_in_part(tmp_path: Path, cut: float) -> None:
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


def test_errors_of_decoders_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
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
