"""A collection on the disk: facts in SQLite, vectors in a file that is mapped into memory.

`pictures.sqlite` has a row for each picture, and `vectors.f16` a vector of length one for each row:
float16 [R,D] without a header. Half precision changes a cosine by less than 0.001.
A search compares with all vectors; docs/COLLECTIONS.md has times beside those of LanceDB.

Several processes may write one store at once: SQLite serializes their transactions. If one is
interrupted, the store is as before its last `write` or `drop`: vectors are written to unused rows
first, and SQLite commits last which rows are used.
"""

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.collection.embed import Entry
from app.errors import UserError
from training.common.embedding_map import unit

logger = logging.getLogger(__name__)

FACTS_FILE, VECTORS_FILE = "pictures.sqlite", "vectors.f16"

_SCHEMA = (
    "CREATE TABLE store (version TEXT NOT NULL, dimensions INTEGER NOT NULL)",
    # A row without a path is free, to be used again.
    """CREATE TABLE pictures (
        row INTEGER PRIMARY KEY, path TEXT UNIQUE, size INTEGER, modified INTEGER, width INTEGER,
        height INTEGER, fingerprint INTEGER, kind TEXT, movement TEXT, confidence REAL,
        "between" TEXT, x REAL, y REAL, cluster INTEGER
    )""",
)
_ROWS = "SELECT coalesce(max(row) + 1, 0) FROM pictures"
_INSERT = f"INSERT OR REPLACE INTO pictures VALUES ({'?, ' * 11} NULL, NULL, NULL)"
_TIMEOUT = 300  # Seconds for which a process waits until another one has written.
_BLOCK = 4096  # Vectors compared at once: as float32 they fit a processor's cache.


@dataclass(frozen=True)
class SearchResult:
    """A picture that a search found.

    Attributes:
        path: where it lies.
        similarity: cosine of the angle between embeddings; 1 is the same picture.
        kind: see `app.collection.embed.Entry`.
        movement: the likeliest movement.
        confidence: of the movement, 0 to 1.
        between: a second movement that is too nearly as likely to name one alone, or empty.
    """

    path: str
    similarity: float
    kind: str
    movement: str
    confidence: float
    between: str


class Store:
    """A table of pictures in a folder of its own; to be used from one thread.

    Args:
        folder: where it is, or will be.
        version: of the embedder whose vectors it holds, see `Embedder.version`; None to accept any,
            when nothing new will be compared with them.
        dimensions: of a vector, to make the store if there is none.

    Raises:
        UserError: there is no store, another embedder made it, or it cannot be opened.
    """

    def __init__(self, folder: Path, version: str | None, dimensions: int | None = None) -> None:
        self.folder = folder
        exists = (folder / FACTS_FILE).is_file()
        if not exists and dimensions is None:
            raise UserError(f"There is no store in {folder}; please make one with `index` first.")
        if not exists and folder.exists() and not _is_empty(folder):
            raise UserError(f"{folder} holds other things already; please name a new folder.")
        with _in_words(folder):
            folder.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(folder / FACTS_FILE, _TIMEOUT, isolation_level=None)
        self._database = database
        if dimensions is not None:
            self._create(version or "", dimensions)
        ((made_by, self.dimensions),) = self._read("SELECT version, dimensions FROM store")
        if version is not None and made_by != version:
            raise UserError(
                f"The store {folder} was made by the classifier {made_by!r}, whose vectors cannot"
                f" be compared with those of {version!r}; please index into a new folder."
            )

    def __len__(self) -> int:
        ((count,),) = self._read("SELECT count(path) FROM pictures")
        return int(count)

    def known(self) -> dict[str, tuple[int, int]]:
        """Size and time of change of each file that was read, by path."""
        rows = self._read("SELECT path, size, modified FROM pictures WHERE path IS NOT NULL")
        return {path: (size, modified) for path, size, modified in rows}

    def write(self, entries: Sequence[Entry]) -> None:
        """Add pictures, or replace those of the same path; they have no place on the map yet."""
        unique = {entry.source.name: entry for entry in entries}
        if not unique:
            return
        with self._transaction():
            free = self._database.execute(
                "SELECT row FROM pictures WHERE path IS NULL LIMIT ?", (len(unique),)
            )
            rows = [row for (row,) in free]
            ((end,),) = self._database.execute(_ROWS)
            rows += range(end, end + len(unique) - len(rows))
            self._write_vectors(rows, unit(np.array([entry.vector for entry in unique.values()])))
            self._free_rows(unique)
            facts = (_facts(row, entry) for row, entry in zip(rows, unique.values(), strict=True))
            self._database.executemany(_INSERT, facts)

    def drop(self, paths: Iterable[str]) -> None:
        """Remove pictures."""
        with self._transaction():
            self._free_rows(paths)

    def search(self, vector: np.ndarray, count: int) -> list[SearchResult]:
        """The pictures most like a vector, float32 [D], the most alike first."""
        ((rows,),) = self._read(_ROWS)
        cosines = self._cosines(vector, rows)
        free = [row for (row,) in self._read("SELECT row FROM pictures WHERE path IS NULL")]
        cosines[free] = -np.inf
        count = min(count, rows - len(free))
        if not count:
            return []
        nearest = np.argpartition(-cosines, count - 1)[:count]
        nearest = nearest[np.argsort(-cosines[nearest], kind="stable")]
        found = []
        for row, cosine in zip(nearest.tolist(), cosines[nearest].tolist(), strict=True):
            columns = 'path, kind, movement, confidence, "between"'
            for path, *facts in self._read(f"SELECT {columns} FROM pictures WHERE row = ?", row):
                found.append(SearchResult(path, cosine, *facts))
        return found

    def columns(self, *names: str) -> tuple[dict[str, list[Any]], np.ndarray]:
        """Some columns of all N pictures, and in the same order their vectors of length one.

        Returns:
            Values by column, and float16 [N,D].
        """
        columns = ", ".join(f'"{name}"' for name in names)
        rows = self._read(
            f"SELECT row, {columns} FROM pictures WHERE path IS NOT NULL ORDER BY row"
        )
        indices, *values = zip(*rows, strict=True) if rows else ((), *((),) * len(names))
        table = {name: list(column) for name, column in zip(names, values, strict=True)}
        if "fingerprint" in table:
            table["fingerprint"] = [value % 2**64 for value in table["fingerprint"]]
        vectors = self._vectors(max(indices, default=-1) + 1)
        return table, vectors[np.array(indices, np.int64)]

    def lay_out(self, paths: Sequence[str], coordinates: np.ndarray, clusters: np.ndarray) -> None:
        """Write places on the map.

        Args:
            paths: of N pictures.
            coordinates: float32 [N,2].
            clusters: int64 [N].
        """
        x, y = coordinates.T.tolist()
        places = zip(x, y, clusters.tolist(), paths, strict=True)
        command = "UPDATE pictures SET x = ?, y = ?, cluster = ? WHERE path = ?"
        with self._transaction():
            self._database.executemany(command, places)

    def _create(self, version: str, dimensions: int) -> None:
        """Make the tables, unless another process has done so meanwhile."""
        with self._transaction():
            if not self._database.execute("SELECT 1 FROM sqlite_schema").fetchone():
                for command in _SCHEMA:
                    self._database.execute(command)
                self._database.execute("INSERT INTO store VALUES (?, ?)", (version, dimensions))

    def _free_rows(self, paths: Iterable[str]) -> None:
        command = "UPDATE pictures SET path = NULL WHERE path = ?"
        self._database.executemany(command, ((path,) for path in paths))

    def _write_vectors(self, rows: Sequence[int], vectors: np.ndarray) -> None:
        path = self.folder / VECTORS_FILE
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
            for row, vector in zip(rows, vectors.astype(np.float16), strict=True):
                file.seek(2 * self.dimensions * row)
                file.write(vector.tobytes())
            file.flush()
            os.fsync(file.fileno())

    def _vectors(self, rows: int) -> np.ndarray:
        """The first vectors, float16 [rows,D], read from the disk where they are needed."""
        shape = (rows, self.dimensions)
        if not rows:
            return np.empty(shape, np.float16)
        with _in_words(self.folder):
            return np.memmap(self.folder / VECTORS_FILE, np.float16, "r", shape=shape)

    def _cosines(self, vector: np.ndarray, rows: int) -> np.ndarray:
        """Of the angles between a vector, float32 [D], and the first vectors: float32 [rows]."""
        vectors, direction = self._vectors(rows), unit(vector[None])[0]
        cosines = np.empty(rows, np.float32)
        for start in range(0, rows, _BLOCK):
            block = vectors[start : start + _BLOCK].astype(np.float32)
            cosines[start : start + _BLOCK] = block @ direction
        return cosines

    def _read(self, command: str, *values: Any) -> list[Any]:
        with _in_words(self.folder):
            return self._database.execute(command, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Wait for other processes that write; then do all that is inside, or nothing."""
        with _in_words(self.folder):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _facts(row: int, entry: Entry) -> tuple[Any, ...]:
    """What `_INSERT` wants to know."""
    signed = (entry.fingerprint + 2**63) % 2**64 - 2**63  # SQLite knows no unsigned integers.
    source = entry.source
    return (
        *(row, source.name, source.size, source.modified, entry.width, entry.height, signed),
        *(entry.kind, entry.movement, float(entry.confidence), entry.between),
    )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Say in a sentence what could not be done, such as write to a full disk."""
    try:
        yield
    except (OSError, sqlite3.Error, ValueError) as error:
        logger.info("%r", error)
        raise UserError(f"The store {folder} cannot be read or written ({error}).") from error
