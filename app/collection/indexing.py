"""Bringing a store up to date with a folder: what is new is read, what is gone is dropped."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.collection.embed import Embedder, Entry
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Failure, Source, find_pictures
from app.collection.store import Store
from app.errors import UserError
from app.imaging import MAX_BYTES, MAX_PIXELS

WRITTEN_AT_ONCE = 512
"""Pictures to a write: each write is a file and a version of its own."""


@dataclass(frozen=True)
class Changes:
    """What of a folder a store does not know yet.

    Attributes:
        sources: files to read, new ones and changed ones.
        stale: paths that the store holds as they are no more: changed or gone.
        kept: how many files are as they were, and so are not read again.
        failures: what could not be looked at; what the store holds of it stays.
    """

    sources: tuple[Source, ...]
    stale: tuple[str, ...]
    kept: int
    failures: tuple[Failure, ...]


def find_changes(folder: Path, store: Store) -> Changes:
    """Compare a folder with a store, by path, size and time of change.

    Only what the store holds from below this folder can be gone, so one store may take in several
    folders. A folder without a single picture is a disk that is not there, not one that was
    emptied: nothing is dropped then.

    Raises:
        UserError: there is no such folder, or there is no picture in it.
    """
    found, failures = find_pictures(folder)
    if not found:
        raise UserError(f"There are no pictures in {folder}; please name another folder.")
    known, facts = store.known(), {source.name: (source.size, source.modified) for source in found}
    below = f"{folder.resolve()}{os.sep}"
    closed = tuple(failure.name for failure in failures)
    stale = (
        path
        for path, then in known.items()
        if path.startswith(below) and not path.startswith(closed) and facts.get(path) != then
    )
    sources = [source for source in found if known.get(source.name) != facts[source.name]]
    kept = len(found) - len(sources)
    return Changes(tuple(sources), tuple(stale), kept, tuple(failures))


def update(
    store: Store,
    changes: Changes,
    embedder: Embedder,
    *,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
) -> Iterator[ReadingStep]:
    """Read what is new into the store; broken off, what was read until then is in it.

    Yields:
        See `read_collection`.
    """
    store.drop(changes.stale)
    unsaved: list[Entry] = []
    try:
        for step in read_collection(
            changes.sources, embedder, max_pixels=max_pixels, max_bytes=max_bytes
        ):
            unsaved += step.entries
            if len(unsaved) >= WRITTEN_AT_ONCE:
                _save(store, unsaved)
            yield step
    finally:
        _save(store, unsaved)
    store.finish()


def _save(store: Store, unsaved: list[Entry]) -> None:
    store.write(unsaved)
    unsaved.clear()
