"""Bringing a store up to date with a folder: new pictures are read, missing ones are dropped."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.collection.embed import Entry
from app.collection.reading import ReadingStep
from app.collection.scan import Failure, Source, below, find_pictures, find_remote
from app.collection.store import Store
from app.errors import UserError

WRITTEN_AT_ONCE = 512
"""Pictures to a write: each is a transaction, which waits for the disk."""


@dataclass(frozen=True)
class Changes:
    """What of a folder a store does not know yet.

    Attributes:
        sources: files to read, new ones and changed ones.
        stale: paths in the store whose files were changed or deleted.
        kept: how many files are unchanged, and so are not read again.
        failures: files and folders that cannot be opened; what the store holds of them stays.
    """

    sources: tuple[Source, ...]
    stale: tuple[str, ...]
    kept: int
    failures: tuple[Failure, ...]


def find_changes(folder: Path | str, store: Store) -> Changes:
    """Compare a folder with a store, by path, size and time of change.

    Only pictures from below this folder can be stale, so one store may hold several folders. A
    folder without a single picture is taken for a disk that is not mounted, not for one that was
    emptied: nothing is dropped then.

    Args:
        folder: where the pictures are; as a text, a URL for fsspec.
        store: to compare it with.

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
        for path, before in known.items()
        if path.startswith(beginning) and not path.startswith(closed) and facts.get(path) != before
    )
    sources = [source for source in found if known.get(source.name) != facts[source.name]]
    kept = len(found) - len(sources)
    return Changes(tuple(sources), tuple(stale), kept, tuple(failures))


def update(store: Store, changes: Changes, steps: Iterable[ReadingStep]) -> Iterator[ReadingStep]:
    """Write the new files' entries into a store; if interrupted, those read so far.

    Args:
        store: to write into.
        changes: of a folder, see `find_changes`.
        steps: the reading of `changes.sources`, see `read_collection` and `read_on_cluster`, in any
            order; a picture that is read twice is stored once.

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


def _save(store: Store, unsaved: list[Entry]) -> None:
    store.write(unsaved)
    unsaved.clear()
