import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.collection import reading
from app.collection.embed import BATCH, Embedder
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source, find_pictures
from tests.app.uploads import corners, encode, png


def sources(folder: Path) -> list[Source]:
    return [Source(path.name, path) for path in sorted(folder.iterdir())]


def problems(steps: list[ReadingStep]) -> dict[str, str]:
    return {failure.name: failure.problem for step in steps for failure in step.failures}


def many(folder: Path, count: int) -> list[Source]:
    Image.fromarray(data.coffee()[:40, :60]).save(folder / "a.png")
    return [Source(str(number), folder / "a.png") for number in range(count)]


def test_each_file_is_read_or_reported_once_and_in_order(folder: Path, embedder: Embedder) -> None:
    found, _ = find_pictures(folder)
    steps = list(read_collection(found, embedder, thumbnails=True))
    entries = [entry for step in steps for entry in step.entries]
    names = [entry.source.name for entry in entries]
    assert names == [source.name for source in found if source.path.name != "letter.jpg"]
    assert "text file" in problems(steps)[str(folder / "letter.jpg")]
    assert (steps[-1].step, steps[-1].total, steps[-1].eta) == (15, 15, 0)
    assert all(entry.thumbnail for entry in entries)


def test_unusual_pictures_are_read_or_reported_and_do_not_stop_the_others(
    tmp_path: Path, quick: Embedder
) -> None:
    grey16 = Image.fromarray(np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16))
    frames = [Image.new("RGB", (30, 20), (90 * i, 9, 9)) for i in range(3)]
    files = {
        "a sideways ñ.jpg": encode(Image.fromarray(corners()), "JPEG", exif=_rotated(6)),
        "b.heic": encode(corners(), "HEIF"),
        "c cmyk.jpg": encode(Image.fromarray(corners()).convert("CMYK"), "JPEG"),
        "d grey.png": encode(grey16, "PNG"),
        "e tall.png": encode(np.zeros((3000, 1, 3), np.uint8), "PNG"),
        "f.gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "g empty.png": b"",
        "h cut.jpg": encode(data.coffee(), "JPEG")[:9000],
        "i bomb.png": png(30_000, 30_000, 8, 2),
        "j page.jpg": b"<!doctype html><p>Not found",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    steps = list(read_collection(sources(tmp_path), quick))
    read = {entry.source.name: entry for step in steps for entry in step.entries}
    assert list(read) == list(files)[:6]
    assert (read["a sideways ñ.jpg"].width, read["a sideways ñ.jpg"].height) == (40, 64)
    reported = problems(steps)
    assert list(reported) == list(files)[6:]
    assert all(sentence.endswith(".") for sentence in reported.values())


def _rotated(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def test_limits_hold_for_each_file(folder: Path, quick: Embedder) -> None:
    found, _ = find_pictures(folder)
    steps = list(read_collection(found, quick, max_pixels=100_000))
    assert "it's an astronaut.jpg" in {Path(name).name for name in problems(steps)}
    assert sum(len(step.entries) for step in steps) == 13


def test_only_a_few_pictures_are_decoded_ahead(
    tmp_path: Path, quick: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, read = [], reading.read_picture
    monkeypatch.setattr(reading, "read_picture", lambda *a, **k: decoded.append(1) or read(*a, **k))
    steps = read_collection(many(tmp_path, 200), quick)
    next(steps)
    time.sleep(0.3)
    assert BATCH <= len(decoded) <= 4 * BATCH
    steps.close()
    count = len(decoded)
    time.sleep(0.1)
    assert len(decoded) <= count + reading._MOST_DECODERS  # Those in progress are finished.


def test_reading_ends_when_it_is_stopped(tmp_path: Path, quick: Embedder) -> None:
    answers = iter([False] * (BATCH + 5))
    steps = list(
        read_collection(many(tmp_path, 100), quick, is_stopped=lambda: next(answers, True))
    )
    assert [step.step for step in steps] == [BATCH, BATCH + 5]


def test_an_unexpected_error_fails_one_picture_only(
    tmp_path: Path, quick: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, read = many(tmp_path, 3), reading.read_picture

    def broken(path: Path, **limits: int) -> np.ndarray:
        if path.name == "b.png":
            raise ZeroDivisionError
        return read(path, **limits)

    monkeypatch.setattr(reading, "read_picture", broken)
    (step,) = read_collection([*found, Source("b", tmp_path / "b.png")], quick)
    assert len(step.entries) == 3
    assert "on our side" in step.failures[0].problem


def test_no_files_have_no_steps(quick: Embedder) -> None:
    assert list(read_collection([], quick)) == []
