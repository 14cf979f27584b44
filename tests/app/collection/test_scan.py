"""Finding pictures in folders and at URLs, and fetching those of URLs."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from app.collection.__main__ import parse
from app.collection.embed import Embedder
from app.collection.indexing import find_changes, update
from app.collection.reading import read_collection
from app.collection.scan import Source, fetch, find_pictures, find_remote
from app.collection.store import Store
from app.errors import UserError
from tests.app.collection.quick import index


def names(folder: Path, most: int | None = None) -> list[str]:
    return [str(source.path.relative_to(folder)) for source in find_pictures(folder, most)[0]]


def touch(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"1234")


def test_pictures_of_a_folder_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "z/ü 1.heic", "z/x/2.TIFF", "notes.txt", "jpg", ".hidden.png")
    touch(tmp_path, ".thumbnails/a.png")
    (tmp_path / "folder.png").mkdir()
    assert names(tmp_path) == ["a.png", "b.JPG", "z/ü 1.heic", "z/x/2.TIFF"]


def test_a_source_has_size_and_time_of_change(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    os.utime(tmp_path / "a.png", ns=(5, 7_000_000_001))
    ((source,), failures) = find_pictures(tmp_path)
    assert (source.name, source.size, source.modified) == (str(source.path), 4, 7_000_000_001)
    assert failures == []


def test_only_regular_files_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "deep/a.png")
    (tmp_path / "deep" / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
    assert names(tmp_path) == ["deep/a.png"]


def test_files_that_cannot_be_opened_are_reported(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"1234")
    sources, failures = find_pictures(tmp_path)
    assert len(sources) == 1
    assert [Path(failure.name).name for failure in failures] == ["caf�.png", "gone.png"]
    assert "not valid text" in failures[0].problem
    assert "no such file" in failures[1].problem


def test_finding_ends_after_the_limit(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{number}.png" for number in range(9)))
    assert len(names(tmp_path, 3)) == 4


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    for path in (tmp_path / "nowhere", tmp_path / "a.png"):
        with pytest.raises(UserError, match=r"There is no folder .*; please name another one\."):
            find_pictures(path)


def png(grey: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """Two pictures, a text file called like one, and files that are not to be found."""
    system = fsspec.filesystem("memory")
    files = {"a.png": png(9), "deep/ü 1.PNG": png(99), "deep/letter.jpg": b"Dear reader"}
    others = {"notes.txt": b"1", ".hidden.png": png(1), ".cache/a.png": png(1), "../x.png": png(1)}
    for name, content in (files | others).items():
        system.pipe_file(f"/scans/{name}" if not name.startswith("..") else "/scans 2.png", content)
    yield system
    for path in ("/scans", "/scans 2.png"):
        system.rm(path, recursive=True)


def test_pictures_of_a_url_are_found_in_the_order_of_their_names(
    memory: fsspec.AbstractFileSystem,
) -> None:
    for url in ("memory://scans", "memory://scans/"):
        found = find_remote(url)
        names = ["a.png", "deep/letter.jpg", "deep/ü 1.PNG"]
        assert [source.name for source in found] == [f"memory://scans/{name}" for name in names]
    assert found[0].size == len(png(9))
    changed = memory.modified("/scans/a.png").timestamp()
    assert found[0].modified / 1e9 == pytest.approx(changed, abs=1e-3)


def test_changed_remote_files_are_read_again_and_missing_ones_dropped(
    memory: fsspec.AbstractFileSystem, store: Store, quick: Embedder
) -> None:
    assert index("memory://scans", store, quick) == (2, 1, 0)
    assert index("memory://scans", store, quick) == (0, 1, 2)
    memory.pipe_file("/scans/a.png", png(200))
    memory.rm("/scans/deep/ü 1.PNG")
    assert index("memory://scans", store, quick) == (1, 1, 0)
    assert list(store.known()) == ["memory://scans/a.png"]
    with pytest.raises(UserError, match=r"There are no pictures in memory://nowhere"):
        find_changes("memory://nowhere", store)


def test_a_store_may_hold_local_and_remote_folders(
    memory: fsspec.AbstractFileSystem, folder: Path, store: Store, quick: Embedder
) -> None:
    index("memory://scans", store, quick)
    changes = find_changes(folder, store)
    assert changes.stale == ()
    list(update(store, changes, read_collection(changes.sources[-3:], quick)))
    assert len(store) == 5
    assert find_changes("memory://scans", store).stale == ()


def test_no_more_than_the_limit_is_fetched(memory: fsspec.AbstractFileSystem) -> None:
    source = find_remote("memory://scans")[0]
    assert len(fetch(source, 10)) == 11
    assert fetch(source, source.size) == png(9)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("gs://museum/scans", r"needs a package that is not installed \(.*gcsfs.*\)"),
        ("nowhere://museum", r"could not be read \(Protocol not known: nowhere\)"),
    ],
)
def test_an_unreadable_url_is_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        find_remote(url)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_remote_file_is_one_failure(quick: Embedder) -> None:
    gone = Source("memory://gone.png", size=9, url="memory://gone.png")
    ((failure,),) = [step.failures for step in read_collection([gone], quick)]
    assert "memory://gone.png could not be read" in failure.problem


def test_folders_of_this_machine_are_no_urls() -> None:
    folders = ["scans", "file:///my%20scans", "s3://museum/scans"]
    given = [parse(["index", folder, "--store", "store"]).folder for folder in folders]
    assert given == [Path("scans"), Path("/my scans"), "s3://museum/scans"]


def test_pictures_in_s3_are_indexed(
    store: Store, quick: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="needs requirements/ray.txt")
    server = pytest.importorskip("moto.server", reason="needs requirements/ray-tests.txt")
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    try:
        host, port = s3.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        bucket = fsspec.filesystem("s3", skip_instance_cache=True)
        bucket.mkdir("museum")
        for name in ("a.png", "deep/b ü.png", ".hidden.png"):
            bucket.pipe_file(f"museum/scans/{name}", png(len(name)))
        bucket.pipe_file("museum/scans/empty.png", b"")
        assert index("s3://museum/scans", store, quick) == (2, 1, 0)
        assert index("s3://museum/scans/", store, quick) == (0, 1, 2)
        assert sorted(store.known()) == [
            "s3://museum/scans/a.png",
            "s3://museum/scans/deep/b ü.png",
        ]
        with pytest.raises(UserError, match=r"s3://nowhere could not be read|There are no pict"):
            find_changes("s3://nowhere", store)
    finally:
        s3.stop()
