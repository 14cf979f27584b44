from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.video.timelapse import GIF_SIDE, HOLD, Timelapse
from tests.app.video.clips import shown


def grey(level: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def levels(path: Path) -> list[int]:
    """Of the frames of an MP4, each all of one grey."""
    return [round(picture.mean()) for _, _, picture in shown(path)]


def test_a_long_run_is_thinned_evenly_and_keeps_its_last_picture(tmp_path: Path) -> None:
    timelapse = Timelapse(most=8)
    for level in range(0, 200, 2):
        timelapse.add(grey(level))
        assert 1 <= len(timelapse) <= 8
    timelapse.mp4(tmp_path / "video.mp4")
    seen = levels(tmp_path / "video.mp4")
    assert len(seen) == len(timelapse) > 4
    assert seen[0] == pytest.approx(0, abs=2)
    assert seen[-1] == pytest.approx(198, abs=2)
    ways = np.diff(seen[:-1])
    assert ways.max() - ways.min() <= 4


def test_the_last_picture_is_held_for_a_second(tmp_path: Path) -> None:
    timelapse = Timelapse()
    for level in (0, 100, 200):
        timelapse.add(grey(level))
    timelapse.mp4(tmp_path / "video.mp4")
    *_, (_, span, _) = shown(tmp_path / "video.mp4")
    assert float(span) == pytest.approx(HOLD / 1000, abs=0.01)
    timelapse.gif(tmp_path / "video.gif")
    with Image.open(tmp_path / "video.gif") as video:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(video)]
        assert video.info["loop"] == 0
    assert durations[-1] == HOLD
    assert len(durations) == 3


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_all_scales_are_shown_as_large_as_the_last(tmp_path: Path, suffix: str) -> None:
    timelapse, path = Timelapse(), tmp_path / f"video{suffix}"
    for height, width in ((91, 121), (301, 401), (902, 1203)):
        timelapse.add(grey(height % 255, height, width))
    getattr(timelapse, suffix[1:])(path)
    if suffix == ".mp4":
        assert {picture.shape for *_, picture in shown(path)} == {(480, 640, 3)}
    else:
        with Image.open(path) as video:
            assert (video.n_frames, video.size) == (3, (GIF_SIDE, 270))


def test_large_pictures_take_little_memory() -> None:
    timelapse = Timelapse()
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (1000, 1500, 3), np.uint8)  # nothing compresses worse
    timelapse.add(noise)
    assert sum(map(len, timelapse._kept)) < 640 * 428 * 3


def test_an_empty_timelapse_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no picture"):
        Timelapse().mp4(tmp_path / "video.mp4")
