import multiprocessing
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from app.collection.embed import Entry
from app.collection.scan import Source
from app.collection.store import VECTORS_FILE, Store
from app.errors import UserError
from training.common.embedding_map import unit

DIMENSIONS = 16
VERSION = "Classifier 1 (abc)"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", VERSION, DIMENSIONS)


def entries(count: int, first: int = 0, seed: int = 0) -> list[Entry]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
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


def test_written_pictures_are_there_after_closing(store: Store) -> None:
    store.write(entries(30))
    opened = Store(store.folder, VERSION)
    assert len(opened) == 30
    assert opened.known()["/it's here/3.jpg"] == (103, 10**18 + 3)
    table, vectors = opened.columns("path", "width", "fingerprint", "kind", "x")
    row = table["path"].index("/it's here/4.jpg")
    assert table["width"][row] == 4004
    assert table["fingerprint"][row] == 2**64 - 5
    assert table["x"][row] is None
    direction = unit(entries(30)[4].vector[None])[0]
    np.testing.assert_allclose(vectors[row], direction, rtol=2e-3)


def test_a_search_finds_the_largest_cosines(store: Store) -> None:
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


def test_rows_of_dropped_and_replaced_pictures_are_used_again(store: Store) -> None:
    store.write(entries(40))
    size = (store.folder / VECTORS_FILE).stat().st_size
    for _ in range(5):
        store.drop([picture.source.name for picture in entries(10)])
        store.write(entries(10))
        store.write(entries(20, first=20, seed=1))
    assert (store.folder / VECTORS_FILE).stat().st_size <= 1.5 * size
    for picture in [*entries(20), *entries(20, first=20, seed=1)]:
        assert store.search(picture.vector, 1)[0].path == picture.source.name
    assert len(store.search(entries(1)[0].vector, 1000)) == len(store) == 40


def test_a_broken_write_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(entries(30))
    store.drop(["/it's here/0.jpg"])

    def break_off(paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_free_rows", break_off)  # After the vectors were written.
    with pytest.raises(KeyboardInterrupt):
        store.write(entries(20, first=10, seed=1))
    opened = Store(store.folder, VERSION)
    assert len(opened) == 29
    for picture in entries(30)[1:]:
        assert opened.search(picture.vector, 1)[0].path == picture.source.name


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


def test_places_on_the_map_are_stored(store: Store) -> None:
    store.write(entries(4))
    paths = [f"/it's here/{number}.jpg" for number in (2, 0)]
    store.lay_out(paths, np.array([[1, 2], [3, 4]], np.float32), np.array([1, 0]))
    table, _ = store.columns("path", "x", "y", "cluster", "width")
    laid = {path: tuple(facts) for path, *facts in zip(*table.values(), strict=True)}
    assert laid[paths[0]] == (1, 2, 1, 4002)
    assert laid[paths[1]] == (3, 4, 0, 4000)
    assert laid["/it's here/3.jpg"] == (None, None, None, 4003)


def test_an_empty_store_has_no_results(store: Store) -> None:
    store.write([])
    assert store.known() == {}
    assert store.search(np.ones(DIMENSIONS, np.float32), 3) == []
    table, vectors = store.columns("path")
    assert table == {"path": []}
    assert vectors.shape == (0, DIMENSIONS)


def test_a_store_of_another_embedder_is_refused(store: Store) -> None:
    refusal = r"made by the classifier 'Classifier 1 \(abc\)'.*a new folder\."
    with pytest.raises(UserError, match=refusal):
        Store(store.folder, "Classifier 2 (abc)", DIMENSIONS)
    assert len(Store(store.folder, version=None)) == 0


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    for place in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(UserError, match=r"holds other things already; .*\."):
            Store(place, VERSION, DIMENSIONS)
    with pytest.raises(UserError, match=r"There is no store in .*"):
        Store(tmp_path / "nowhere", VERSION)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_store_is_one_sentence(store: Store) -> None:
    store.write(entries(3))
    (store.folder / VECTORS_FILE).write_bytes(b"half")
    (store.folder / "pictures.sqlite").write_bytes(b"no database, but as long as a header is" * 9)
    with pytest.raises(UserError, match=r"cannot be read or written \(.*\)\.") as caught:
        Store(store.folder, VERSION)
    assert "\n" not in str(caught.value)


def test_missing_vectors_are_one_sentence(store: Store) -> None:
    store.write(entries(3))
    (store.folder / VECTORS_FILE).unlink()
    with pytest.raises(UserError, match=r"cannot be read or written \(.*\)\."):
        store.search(entries(1)[0].vector, 1)


def index_in_step(folder: Path, together: Barrier, seed: int) -> None:
    """What each of two indexers does: make a store, and write the same paths into it at once."""
    together.wait()
    store = Store(folder, VERSION, DIMENSIONS)
    for first in (0, 40, 80):
        together.wait()
        store.write(entries(40, first, seed))
    together.wait()
    store.drop(["/it's here/0.jpg"])


def test_two_processes_index_into_one_new_store_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    together, folder = context.Barrier(2, timeout=120), tmp_path / "new" / "store"
    other = context.Process(target=index_in_step, args=(folder, together, 1))
    other.start()
    index_in_step(folder, together, 2)
    other.join()
    assert other.exitcode == 0
    store = Store(folder, VERSION)
    paths = store.columns("path")[0]["path"]
    assert sorted(paths) == sorted(f"/it's here/{number}.jpg" for number in range(1, 120))
    for number in range(1, 120):  # Either one's vector; each is that of three pictures.
        vectors = [entries(40, number // 40 * 40, seed)[number % 40].vector for seed in (1, 2)]
        found = [each for vector in vectors for each in store.search(vector, 3)]
        assert f"/it's here/{number}.jpg" in [each.path for each in found if each.similarity > 0.99]
