import os
from pathlib import Path

import pytest

from app.collection.scan import find_pictures
from app.errors import UserError


def names(folder: Path, most: int | None = None) -> list[str]:
    return [str(source.path.relative_to(folder)) for source in find_pictures(folder, most)[0]]


def touch(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"1234")


def test_pictures_are_found_by_their_names_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "z/ü 1.heic", "z/x/2.TIFF", "notes.txt", "jpg", ".hidden.png")
    touch(tmp_path, ".thumbnails/a.png")
    (tmp_path / "folder.png").mkdir()
    assert names(tmp_path) == ["a.png", "b.JPG", "z/ü 1.heic", "z/x/2.TIFF"]


def test_a_source_knows_what_tells_whether_its_file_has_changed(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    os.utime(tmp_path / "a.png", ns=(5, 7_000_000_001))
    ((source,), failures) = find_pictures(tmp_path)
    assert (source.name, source.size, source.modified) == (str(source.path), 4, 7_000_000_001)
    assert failures == []


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "deep/a.png")
    (tmp_path / "deep" / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
    assert names(tmp_path) == ["deep/a.png"]


def test_what_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"1234")
    sources, failures = find_pictures(tmp_path)
    assert len(sources) == 1
    assert [Path(failure.name).name for failure in failures] == ["caf�.png", "gone.png"]
    assert "not valid text" in failures[0].problem
    assert "no such file" in failures[1].problem


def test_it_looks_no_further_than_it_must(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{number}.png" for number in range(9)))
    assert len(names(tmp_path, 3)) == 4


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    for path in (tmp_path / "nowhere", tmp_path / "a.png"):
        with pytest.raises(UserError, match=r"There is no folder .*; please name another one\."):
            find_pictures(path)
