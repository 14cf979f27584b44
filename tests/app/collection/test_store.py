import multiprocessing
import shutil
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from app.collection import store as storing
from app.collection.embed import Entry
from app.collection.scan import Source
from app.collection.store import Store, matrix
from app.errors import UserError
from training.common.embedding_map import unit

WIDTH = 16
READER = "Reader 1 (abc)"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", READER, WIDTH)


def entries(count: int, first: int = 0, seed: int = 0) -> list[Entry]:
    vectors = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    return [
        Entry(
            source=Source(f"/it's here/{first + i}.jpg", Path(), 100 + i, 10**18 + i),
            width=4000 + i,
            height=30,
            fingerprint=2**64 - 1 - i,
            kind="photograph",
            movement="Cubism",
            confidence=0.5,
            vector=vector,
        )
        for i, vector in enumerate(vectors)
    ]


def test_what_was_written_is_found_again_after_closing(store: Store) -> None:
    store.write(entries(30))
    opened = Store(store.folder, READER)
    assert len(opened) == 30
    assert opened.known()["/it's here/3.jpg"] == (103, 10**18 + 3)
    rows = opened.columns("path", "width", "fingerprint", "kind", "x", "vector")
    row = rows["path"].to_pylist().index("/it's here/4.jpg")
    assert rows["width"][row].as_py() == 4004
    assert rows["fingerprint"][row].as_py() == 2**64 - 5
    assert rows["x"][row].as_py() is None
    np.testing.assert_allclose(matrix(rows["vector"])[row], entries(30)[4].vector, rtol=2e-3)


def test_a_search_finds_what_comparing_with_all_finds(store: Store) -> None:
    pictures = entries(200)
    store.write(pictures)
    cosines = unit(np.stack([p.vector for p in pictures])) @ unit(pictures[9].vector[None])[0]
    found = store.search(pictures[9].vector, 5)
    assert [each.path for each in found] == [
        pictures[i].source.name for i in np.argsort(-cosines)[:5]
    ]
    np.testing.assert_allclose(
        [each.similarity for each in found], np.sort(cosines)[::-1][:5], atol=2e-3
    )
    assert (found[0].kind, found[0].movement, found[0].confidence) == ("photograph", "Cubism", 0.5)
    assert len(store.search(pictures[0].vector, 1000)) == 200


def test_of_many_pictures_there_is_an_index_and_new_ones_are_found_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "INDEXED", 300)
    store.write(entries(400))
    store.finish()
    assert len(list(store.table.list_indices())) == 1
    later = entries(20, first=1000, seed=1)
    store.write(later)
    assert store.search(later[7].vector, 1)[0].path == "/it's here/1007.jpg"
    store.finish()
    for picture in [*entries(400)[::50], *later[::5]]:
        assert store.search(picture.vector, 3)[0].path == picture.source.name


def test_a_picture_of_the_same_path_replaces_the_older_one(store: Store) -> None:
    store.write(entries(5))
    newer = entries(2, first=3, seed=9)
    twice = entries(2, first=5)
    store.write([*newer, *twice, *twice])
    assert len(store) == 7
    assert store.search(newer[0].vector, 1)[0].path == "/it's here/3.jpg"


def test_pictures_are_dropped_by_name(store: Store) -> None:
    store.write(entries(600))
    store.drop(f"/it's here/{number}.jpg" for number in range(590))
    store.drop([])
    assert sorted(store.known()) == sorted(f"/it's here/{n}.jpg" for n in range(590, 600))


def test_places_are_written_beside_the_rest(store: Store) -> None:
    store.write(entries(4))
    paths = [f"/it's here/{number}.jpg" for number in (2, 0)]
    store.lay_out(paths, np.array([[1, 2], [3, 4]], np.float32), np.array([1, 0]))
    rows = store.columns("path", "x", "y", "cluster", "width").to_pylist()
    laid = {row["path"]: (row["x"], row["y"], row["cluster"], row["width"]) for row in rows}
    assert laid[paths[0]] == (1, 2, 1, 4002)
    assert laid[paths[1]] == (3, 4, 0, 4000)
    assert laid["/it's here/3.jpg"] == (None, None, None, 4003)


def test_an_empty_store_has_nothing_to_find(store: Store) -> None:
    store.finish()
    assert store.known() == {}
    assert store.search(np.ones(WIDTH, np.float32), 3) == []
    assert matrix(store.columns("vector")["vector"]).shape == (0, WIDTH)


def test_a_store_of_another_reader_says_so(store: Store) -> None:
    with pytest.raises(UserError, match=r"made by the reader 'Reader 1 \(abc\)'.*a new folder\."):
        Store(store.folder, "Reader 2 (abc)", WIDTH)
    assert len(Store(store.folder, reader=None)) == 0


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    for place in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(UserError, match=r"holds other things already; .*\."):
            Store(place, READER, WIDTH)
    with pytest.raises(UserError, match=r"There is no store in .*"):
        Store(tmp_path / "nowhere", READER)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_store_is_one_sentence(store: Store) -> None:
    store.write(entries(3))
    shutil.rmtree(store.folder / "pictures.lance" / "_versions")
    with pytest.raises(UserError, match=r"cannot be read or written \(.*\)\.") as caught:
        Store(store.folder, READER)
    assert "\n" not in str(caught.value)


def index_in_step(folder: Path, together: Barrier, seed: int) -> None:
    """What each of two indexers does: make a store, and write the same paths into it at once."""
    together.wait()
    store = Store(folder, READER, WIDTH)
    for first in (0, 40, 80):
        together.wait()
        store.write(entries(40, first, seed))
    together.wait()
    store.drop(["/it's here/0.jpg"])
    store.finish()


def test_two_processes_index_into_one_new_store_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    together, folder = context.Barrier(2, timeout=120), tmp_path / "new" / "store"
    other = context.Process(target=index_in_step, args=(folder, together, 1))
    other.start()
    index_in_step(folder, together, 2)
    other.join()
    assert other.exitcode == 0
    store = Store(folder, READER)
    paths = store.columns("path")["path"].to_pylist()
    assert sorted(paths) == sorted(f"/it's here/{number}.jpg" for number in range(1, 120))
    assert [path.name for path in folder.iterdir()] == ["pictures.lance"]
