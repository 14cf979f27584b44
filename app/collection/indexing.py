"""Bringing a store up to date with a folder: what is new is read, what is gone is dropped."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.collection.embed import Entry
from app.collection.reading import ReadingStep
from app.collection.remote import below, find_remote
from app.collection.scan import Failure, Source, find_pictures
from app.collection.store import Store
from app.errors import UserError

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


def find_changes(folder: Path | str, store: Store) -> Changes:
    """Compare a folder with a store, by path, size and time of change.

    Only what the store holds from below this folder can be gone, so one store may take in several
    folders. A folder without a single picture is a disk that is not there, not one that was
    emptied: nothing is dropped then.

    Args:
        folder: where the pictures are; as a text, a URL for fsspec.
        store: what is known already.

    Raises:
        UserError: there is no such folder, or there is no picture in it.
    """
    failures: list[Failure] = []
    if isinstance(folder, str):
        found, beginning = find_remote(folder), below(folder)
    else:
        found, failures = find_pictures(folder)
        beginning = f"{folder.resolve()}{os.sep}"
    if not found:
        raise UserError(f"There are no pictures in {folder}; please name another folder.")
    known, facts = store.known(), {source.name: (source.size, source.modified) for source in found}
    closed = tuple(failure.name for failure in failures)
    stale = (
        path
        for path, then in known.items()
        if path.startswith(beginning) and not path.startswith(closed) and facts.get(path) != then
    )
    sources = [source for source in found if known.get(source.name) != facts[source.name]]
    kept = len(found) - len(sources)
    return Changes(tuple(sources), tuple(stale), kept, tuple(failures))


def update(store: Store, changes: Changes, steps: Iterable[ReadingStep]) -> Iterator[ReadingStep]:
    """Write what is read of the new files into a store; broken off, what was read is in it.

    Args:
        store: what to bring up to date.
        changes: what of a folder it does not know yet.
        steps: the reading of `changes.sources`, see `read_collection` and `read_on_cluster`. It is
            written in any order, and whatever comes twice is there once.

    Yields:
        The same steps.
    """
    store.drop(changes.stale)
    unsaved: list[Entry] = []
    try:
        for step in steps:
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
