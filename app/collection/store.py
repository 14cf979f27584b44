"""A collection on the disk: LanceDB, a database of vectors that is a folder and needs no server.

One row a picture. Vectors are kept as float16: half the space, and a cosine changes by less than
0.001. Pictures come and go in batches; names and numbers of a hundred thousand fit in memory.

Several processes may write one store at once: a path is the primary key, so that of two that insert
it at the same time the second one replaces what the first has written.
"""

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.collection.embed import Entry
from app.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

INDEXED = 20_000
"""From so many pictures on there is an index; below, comparing with all is quick enough."""

_TABLE = "pictures"
_FOLDER = f"{_TABLE}.lance"  # What LanceDB calls it.
_KEY = "lance-schema:unenforced-primary-key"
_KEPT = timedelta(minutes=10)  # Older states of the store: someone may be reading one just now.
_AT_ONCE = 500  # Names in one command.
_PROBES = 40  # Parts of the index that are searched, of some three hundred.
_REFINE = 10  # The index finds ten times as many by coarse numbers; the true ones choose of them.


@dataclass(frozen=True)
class Found:
    """A picture that a search found.

    Attributes:
        path: where it lies.
        similarity: cosine of the angle between embeddings; 1 is the same picture.
        kind: what it is at all.
        movement: the likeliest movement.
        confidence: of the movement.
        between: a second movement that is too nearly as likely to name one alone, or empty.
    """

    path: str
    similarity: float
    kind: str
    movement: str
    confidence: float
    between: str


class Store:
    """A table of pictures in a folder of its own.

    Args:
        folder: where it is, or will be.
        reader: version of the reader whose vectors it holds; None to take any, when nothing new
            will be compared with them.
        width: numbers in a vector, to make the store if there is none.

    Raises:
        UserError: there is no store, another reader made it, or it cannot be opened.
    """

    def __init__(self, folder: Path, reader: str | None, width: int | None = None) -> None:
        self.folder = folder
        self.table: Any
        there = (folder / _FOLDER).is_dir()
        if not there and width is None:
            raise UserError(f"There is no store in {folder}; please make one with `index` first.")
        if not there and folder.exists() and not _is_empty(folder):
            raise UserError(f"{folder} holds other things already; please name a new folder.")
        with _in_words(folder):
            import lancedb  # slow to import

            if not there:
                _create(folder, _schema(reader or "", width or 0))
            self.table = lancedb.connect(folder).open_table(_TABLE)
            made_by = (self.table.schema.metadata or {}).get(b"reader", b"nobody").decode()
        if reader is not None and made_by != reader:
            raise UserError(
                f"The store {folder} was made by the reader {made_by!r}, whose vectors cannot be"
                f" compared with those of {reader!r}; please index into a new folder."
            )

    def __len__(self) -> int:
        return int(self.table.count_rows())

    def known(self) -> dict[str, tuple[int, int]]:
        """Size and time of change of each file that was read, by path."""
        rows = self.columns("path", "size", "modified").to_pydict()
        facts = zip(rows["size"], rows["modified"], strict=True)
        return dict(zip(rows["path"], facts, strict=True))

    def write(self, entries: Sequence[Entry]) -> None:
        """Add pictures, or replace those of the same path; they have no place on the map yet."""
        unique = {entry.source.name: entry for entry in entries}  # Lance would insert both of two.
        if unique:
            rows = _rows(list(unique.values()), self.table.schema)
            with _in_words(self.folder):
                merge = self.table.merge_insert("path").when_matched_update_all()
                merge.when_not_matched_insert_all().execute(rows)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget pictures."""
        left = iter(paths)
        with _in_words(self.folder):
            while some := list(islice(left, _AT_ONCE)):
                names = ",".join("'{}'".format(path.replace("'", "''")) for path in some)
                self.table.delete(f"path IN ({names})")

    def finish(self) -> None:
        """Tidy up after writing, and make or extend the index where there are many pictures.

        Where another process writes just now, that is left to the one that ends last.
        """
        with _in_words(self.folder):
            self.table.checkout_latest()
            try:
                self._tidy_up()
            except RuntimeError as error:
                if "commit conflict" not in str(error):
                    raise
                logger.info("left to whoever ends last: %s", error)
            self.table.checkout_latest()

    def _tidy_up(self) -> None:
        if len(self) >= INDEXED and not list(self.table.list_indices()):
            from lancedb.index import IvfSq

            self.table.create_index("vector", config=IvfSq(distance_type="cosine"))
        self.table.optimize(cleanup_older_than=_KEPT)

    def search(self, vector: np.ndarray, count: int) -> list[Found]:
        """The pictures most like a vector, float32 [C], the most alike first."""
        columns = ["path", "kind", "movement", "confidence", "between", "_distance"]
        with _in_words(self.folder):
            query = self.table.search(vector).distance_type("cosine").select(columns).limit(count)
            rows = query.nprobes(_PROBES).refine_factor(_REFINE).to_list()
        return [Found(similarity=1 - row.pop("_distance"), **row) for row in rows]

    def columns(self, *names: str) -> "pa.Table":
        """Some columns of all pictures; the order of rows is the same within one call only."""
        with _in_words(self.folder):
            return self.table.search().select(list(names)).limit(None).to_arrow()

    def lay_out(self, paths: Sequence[str], coordinates: np.ndarray, clusters: np.ndarray) -> None:
        """Write places on the map.

        Args:
            paths: of N pictures.
            coordinates: float32 [N,2].
            clusters: int64 [N].
        """
        import pyarrow as pa

        x, y = coordinates.T
        places = {"path": list(paths), "x": x, "y": y, "cluster": clusters.astype(np.int32)}
        schema = pa.schema([self.table.schema.field(name) for name in places])
        rows = pa.table(places, schema=schema)
        with _in_words(self.folder):
            self.table.merge_insert("path").when_matched_update_all().execute(rows)


def matrix(vectors: "pa.ChunkedArray") -> np.ndarray:
    """A column of vectors as float16 [N,C]: 200 MB of a hundred thousand pictures."""
    width = vectors.type.list_size
    flat = [np.asarray(chunk.flatten()).reshape(-1, width) for chunk in vectors.chunks]
    return np.concatenate([np.empty((0, width), np.float16), *flat])


def _create(folder: Path, schema: "pa.Schema") -> None:
    """Make an empty table; if another process makes one at the same time, one of them stays.

    LanceDB's own `create_table(exist_ok=True)` may overwrite a table that came to be, and was
    written to, while it worked. A folder can be moved to a name only once.
    """
    import lancedb

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as partial:
        lancedb.connect(partial).create_table(_TABLE, schema=schema)
        try:
            os.rename(Path(partial, _FOLDER), folder / _FOLDER)
        except OSError:
            if not (folder / _FOLDER).is_dir():
                raise


def _schema(reader: str, width: int) -> "pa.Schema":
    import pyarrow as pa

    fields: dict[str, pa.DataType] = {
        "size": pa.int64(),
        "modified": pa.int64(),
        "width": pa.int32(),
        "height": pa.int32(),
        "fingerprint": pa.uint64(),
        "kind": pa.string(),
        "movement": pa.string(),
        "confidence": pa.float32(),
        "between": pa.string(),
        "vector": pa.list_(pa.float16(), width),
        "x": pa.float32(),
        "y": pa.float32(),
        "cluster": pa.int32(),
    }
    # Without a key that Lance knows of, two processes that insert a path at once both do.
    key = pa.field("path", pa.string(), nullable=False, metadata={_KEY: "true"})
    return pa.schema([key, *fields.items()], metadata={"reader": reader})


def _rows(entries: Sequence[Entry], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    vectors = np.stack([entry.vector for entry in entries]).astype(np.float16)
    columns = {
        "path": [entry.source.name for entry in entries],
        "size": [entry.source.size for entry in entries],
        "modified": [entry.source.modified for entry in entries],
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
        **{name: [None] * len(entries) for name in ("x", "y", "cluster")},
    }
    names = ("width", "height", "fingerprint", "kind", "movement", "confidence", "between")
    for name in names:
        columns[name] = [getattr(entry, name) for entry in entries]
    return pa.table(columns, schema=schema)


def _is_empty(folder: Path) -> bool:
    """Whether there is nothing in a folder but what is hidden, such as a table in the making."""
    return folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir())


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Say in a sentence what the database could not do, such as write to a full disk."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:  # What LanceDB raises, for all causes.
        logger.info("LanceDB: %r", error)
        reason = (str(error).strip().splitlines() or ["for no reason that it gives"])[0][:200]
        raise UserError(f"The store {folder} cannot be read or written ({reason}).") from error
