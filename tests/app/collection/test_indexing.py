import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.collection import indexing
from app.collection.embed import Embedder
from app.collection.indexing import find_changes, update
from app.collection.reading import read_collection
from app.collection.store import Store
from app.errors import UserError
from tests.app.collection.quick import index


def names(store: Store) -> list[str]:
    return sorted(Path(path).name for path in store.known())


def test_known_files_are_not_read_again(folder: Path, store: Store, quick: Embedder) -> None:
    assert index(folder, store, quick) == (14, 1, 0)
    assert index(folder, store, quick) == (0, 1, 14)  # an unreadable file may have been repaired
    assert len(store) == 14


def test_changed_files_are_read_again(folder: Path, store: Store, quick: Embedder) -> None:
    index(folder, store, quick)
    Image.new("RGB", (77, 55), "red").save(folder / "it's an astronaut.jpg")
    os.utime(folder / "small.webp", ns=(1, 1))
    assert index(folder, store, quick) == (2, 1, 12)
    table, _ = store.columns("path", "width")
    widths = dict(zip((Path(path).name for path in table["path"]), table["width"], strict=True))
    assert len(widths) == len(table["path"]) == 14
    assert widths["it's an astronaut.jpg"] == 77


def test_missing_and_damaged_files_are_dropped(folder: Path, store: Store, quick: Embedder) -> None:
    index(folder, store, quick)
    (folder / "2 Räume" / "cat_0.png").unlink()
    (folder / "small.webp").write_bytes(b"half a")
    index(folder, store, quick)
    assert len(store) == 12
    assert not {"cat_0.png", "small.webp"} & set(names(store))


def test_a_store_may_hold_several_folders(
    folder: Path, tmp_path: Path, store: Store, quick: Embedder
) -> None:
    other = tmp_path / "Sammlung 2"
    other.mkdir()
    Image.new("RGB", (20, 20)).save(other / "a.png")
    index(folder, store, quick)
    index(other, store, quick)
    assert len(store) == 15
    (other / "a.png").rename(other / "b.png")
    index(other, store, quick)
    assert len(store) == 15
    assert "b.png" in names(store)


def test_a_missing_folder_drops_nothing(folder: Path, store: Store, quick: Embedder) -> None:
    index(folder, store, quick)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UserError, match=r"There is no folder"):
        find_changes(folder, store)
    folder.mkdir()
    with pytest.raises(UserError, match=r"There are no pictures in"):
        find_changes(folder, store)
    assert len(store) == 14


def test_a_folder_that_cannot_be_opened_keeps_its_pictures(
    folder: Path, store: Store, quick: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(folder, store, quick)
    closed, scandir = str(folder / "2 Räume"), os.scandir

    def refuse(path: str) -> object:
        if os.fspath(path) == closed:
            raise PermissionError(13, "Permission denied", closed)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    changes = find_changes(folder, store)
    assert [failure.name for failure in changes.failures] == [closed]
    assert changes.stale == ()


def test_entries_read_before_an_interruption_are_kept(
    folder: Path, store: Store, quick: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(40):
        Image.fromarray(np.full((20, 30, 3), 5 * number, np.uint8)).save(many / f"{number:02}.png")
    monkeypatch.setattr(indexing, "WRITTEN_AT_ONCE", 20)
    changes = find_changes(many, store)
    steps = update(store, changes, read_collection(changes.sources, quick))
    next(steps)
    next(steps)
    steps.close()
    assert len(store) == 32
    assert index(many, store, quick) == (8, 0, 32)
