import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.batch import BatchStep, Upload, paint_batch
from app.errors import UserError
from app.generation_parameters import (
    GenerationParameters,
    StyleShare,
    encode_with_parameters,
    read_parameters,
)
from app.imaging import read_picture
from tests.app.uploads import corners, encode


def inverted(picture: np.ndarray) -> np.ndarray:
    return 255 - picture


@pytest.fixture
def uploads(tmp_path: Path) -> list[Upload]:
    """Three pictures and, in second place, a text that calls itself a picture."""
    contents = {
        "harbour.png": encode(corners(), "PNG"),
        "letter.jpg": b"Dear Sir or Madam",
        "Gemälde № 5, 油絵.jpg": encode(corners(), "JPEG"),
        "turned.webp": encode(corners()[::-1].copy(), "WEBP", lossless=True),
    }
    found = []
    for number, (name, content) in enumerate(contents.items()):
        path = tmp_path / f"upload-{number}"
        path.write_bytes(content)
        found.append(Upload(name, path))
    return found


def run(uploads: list[Upload], **options: object) -> tuple[list[BatchStep], dict[str, bytes]]:
    """All steps, and the archive's content by name."""
    target = uploads[0].path.with_name("painted.zip")
    steps = list(paint_batch(uploads, target, inverted, **options))
    return steps, unpacked(target)


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_picture_is_painted_into_the_archive(uploads: list[Upload]) -> None:
    _, files = run(uploads)
    assert list(files) == ["harbour.png", "Gemälde № 5, 油絵.png", "turned.png"]
    np.testing.assert_array_equal(read_picture(files["harbour.png"]), 255 - corners())
    np.testing.assert_array_equal(read_picture(files["turned.png"]), 255 - corners()[::-1])


def test_a_file_of_several_pages_is_noted(uploads: list[Upload]) -> None:
    page = Image.new("RGB", (8, 8))
    page.save(uploads[0].path, "TIFF", save_all=True, append_images=[page])
    steps, _ = run(uploads)
    assert "the first one was taken" in steps[0].note
    assert not any(step.note for step in steps[1:])


def test_a_bad_file_is_reported_and_left_out(uploads: list[Upload]) -> None:
    steps, _ = run(uploads)
    assert [step.name for step in steps] == [upload.name for upload in uploads]
    assert [bool(step.problem) for step in steps] == [False, True, False, False]
    assert "This is a text file" in steps[1].problem
    assert [step.picture is None for step in steps] == [False, True, False, False]


def test_progress_counts_files(uploads: list[Upload]) -> None:
    steps, _ = run(uploads)
    assert [(step.step, step.total) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[1].eta == pytest.approx(steps[1].seconds)
    assert steps[-1].eta == 0
    np.testing.assert_array_equal(steps[0].picture, 255 - corners())


def test_an_unexpected_error_fails_one_picture_of_a_batch_only(
    uploads: list[Upload], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = iter([RuntimeError("a bug"), None, None])

    def brittle(picture: np.ndarray) -> np.ndarray:
        if error := next(pictures):
            raise error
        return picture

    steps = list(paint_batch(uploads, tmp_path / "painted.zip", brittle))
    assert "on our side" in steps[0].problem
    assert "a bug" not in steps[0].problem
    assert "a bug" in caplog.text
    assert len(unpacked(tmp_path / "painted.zip")) == 2


def test_the_archive_grows_with_each_picture(uploads: list[Upload], tmp_path: Path) -> None:
    target = tmp_path / "painted.zip"
    big = [Upload("big.png", tmp_path / "big")] * 2
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    big[0].path.write_bytes(encode(noise, "PNG"))
    sizes = [target.stat().st_size for _ in paint_batch(big, target, inverted)]
    assert sizes[0] > noise.size / 2
    assert sizes[1] > 1.9 * sizes[0]


def test_closed_early_the_archive_is_whole(uploads: list[Upload], tmp_path: Path) -> None:
    steps = paint_batch(uploads, tmp_path / "painted.zip", inverted)
    next(steps)
    steps.close()
    assert list(unpacked(tmp_path / "painted.zip")) == ["harbour.png"]


def test_nothing_more_is_painted_after_enough(uploads: list[Upload]) -> None:
    answers = iter([False, False, True])
    steps, files = run(uploads, enough=lambda: next(answers))
    assert list(files) == ["harbour.png", "Gemälde № 5, 油絵.png"]
    assert [(step.step, step.total) for step in steps] == [(1, 4), (2, 4), (3, 4)]


def test_pictures_hold_their_parameters(uploads: list[Upload]) -> None:
    parameters = GenerationParameters((StyleShare("The Great Wave"),))
    _, files = run(uploads, encode=partial(encode_with_parameters, parameters=parameters))
    assert [read_parameters(content) for content in files.values()] == [parameters] * 3


@pytest.mark.parametrize(
    ("names", "stored"),
    [
        (["a.jpg", "a.png", "A.webp"], ["a.png", "a (2).png", "A (3).png"]),
        (["../../etc/passwd", "C:\\fakepath\\me.jpg"], ["passwd.png", "me.png"]),
        (["/abs/olute.png", "folder/inner.jpg"], ["olute.png", "inner.png"]),
        (["..", "", ".png", "a"], ["picture.png", "picture (2).png", "picture (3).png", "a.png"]),
        (["a\x00\n\u202eb.jpg", "c<d>:e|f?*.png"], ["ab.png", "cdef.png"]),
        (["\ud800.jpg", "two.dots.jpg"], ["picture.png", "two.dots.png"]),
        (["x" * 500 + ".jpg"], ["x" * 100 + ".png"]),
    ],
)
def test_names_in_the_archive_are_safe_and_differ(
    tmp_path: Path, names: list[str], stored: list[str]
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(encode(corners(), "PNG"))
    steps, files = run([Upload(name, path) for name in names])
    assert list(files) == stored
    assert [step.name for step in steps] == names


def test_the_number_of_files_is_limited(uploads: list[Upload], tmp_path: Path) -> None:
    for some in ([], uploads):
        with pytest.raises(UserError, match="from 1 to 3 pictures"):
            next(paint_batch(some, tmp_path / "painted.zip", inverted, max_files=3))
    assert not (tmp_path / "painted.zip").exists()


def test_limits_of_each_picture_hold(uploads: list[Upload]) -> None:
    steps, files = run([*uploads], max_bytes=len(encode(corners(), "PNG")))
    assert "larger than" in steps[2].problem
    assert "harbour.png" in files
    with pytest.raises(UserError, match="None of these files"):
        run(uploads, max_pixels=10)


def test_nothing_is_added_to_a_full_archive(uploads: list[Upload]) -> None:
    steps, files = run(uploads, max_archive=1)
    assert list(files) == ["harbour.png"]
    assert "archive is full" in steps[2].problem


def test_if_nothing_could_be_painted_an_error_follows_the_reasons(
    uploads: list[Upload], tmp_path: Path
) -> None:
    steps = paint_batch(uploads[1:2], tmp_path / "painted.zip", inverted)
    assert "text file" in next(steps).problem
    with pytest.raises(UserError, match="None of these files"):
        next(steps)
    with zipfile.ZipFile(io.BytesIO((tmp_path / "painted.zip").read_bytes())) as archive:
        assert archive.namelist() == []
