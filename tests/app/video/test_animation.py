import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.video.stylize import stylize_video
from tests.app.uploads import assert_close
from tests.app.video.clips import SIDES, animation, frame, inverted, paint, stored


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


def test_equal_frames_keep_their_durations(tmp_path: Path) -> None:
    source = stored(tmp_path / "clip", animation("GIF", [100, 40, 60]))
    file = paint(source, lambda picture: np.zeros_like(picture))[-1].file
    with Image.open(file) as image:
        assert image.info["duration"] == 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_few_frames_of_many_are_enough_for_a_file(tmp_path: Path, kind: str, count: int) -> None:
    source = stored(tmp_path / "clip", animation(kind, [100, 40, 60]))
    answers = iter([False] * (count - 1) + [True])
    *_, last = stylize_video(source, tmp_path / "x", inverted, enough=lambda: next(answers))
    with Image.open(last.file) as image:
        assert image.n_frames == count
        assert_close(np.asarray(image.convert("RGB"))[8, 8], 255 - frame(0)[8, 8], tolerance=20)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_transparent_frames_are_composited_on_white(tmp_path: Path, kind: str) -> None:
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
