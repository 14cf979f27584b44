"""How the store of `app.collection` compares with LanceDB: writing, opening, memory, searching.

    python -m export.benchmarks.store --size 100000
    python -m export.benchmarks.store --size 1000000 --at-once 10000

Vectors are made up, see `export.benchmarks.collection.synthetic_embeddings`. Each store is written
here, and opened and searched in a fresh process, as the command line does. Prints a table and JSON.
LanceDB takes part if it is installed: `pip install lancedb==0.40.0`. docs/COLLECTIONS.md has the
numbers.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from app.collection.embed import Entry
from app.collection.indexing import WRITTEN_AT_ONCE
from export.benchmarks.collection import entries, synthetic_embeddings

VERSION = "made up"
FOUND = 10
QUERIES = 20


class AnyStore(Protocol):
    """What is compared."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Add pictures."""

    def search(self, vector: np.ndarray, count: int) -> Sequence[Any]:
        """Find those most like a vector, float32 [D], as objects with a `path`."""


class LanceStore:
    """The same table in LanceDB 0.40: merge by path, and an index of coarse vectors (IVF_SQ).

    Args:
        folder: where it is, or will be.
        dimensions: of a vector, to make it.
    """

    def __init__(self, folder: Path, dimensions: int | None = None) -> None:
        import lancedb
        import pyarrow as pa

        self.table: Any
        database = lancedb.connect(folder)
        if dimensions is None:
            self.table = database.open_table("pictures")
            return
        texts, numbers = ("kind", "movement", "between"), ("size", "modified", "width", "height")
        key = {"lance-schema:unenforced-primary-key": "true"}
        fields = [
            pa.field("path", pa.string(), nullable=False, metadata=key),
            *(pa.field(name, pa.string()) for name in texts),
            *(pa.field(name, pa.int64()) for name in numbers),
            pa.field("fingerprint", pa.uint64()),
            pa.field("confidence", pa.float32()),
            pa.field("vector", pa.list_(pa.float16(), dimensions)),
        ]
        self.table = database.create_table("pictures", schema=pa.schema(fields))

    def write(self, entries: Sequence[Entry]) -> None:
        """Add pictures."""
        import pyarrow as pa

        vectors = np.stack([entry.vector for entry in entries]).astype(np.float16)
        columns = {
            "path": [entry.source.name for entry in entries],
            "size": [entry.source.size for entry in entries],
            "modified": [entry.source.modified for entry in entries],
            "vector": pa.FixedSizeListArray.from_arrays(
                pa.array(vectors.ravel()), vectors.shape[1]
            ),
        }
        for name in self.table.schema.names:
            if name not in columns:
                columns[name] = [getattr(entry, name) for entry in entries]
        merge = self.table.merge_insert("path").when_matched_update_all()
        rows = pa.table(columns, schema=self.table.schema)
        merge.when_not_matched_insert_all().execute(rows)

    def finish(self) -> None:
        """Make the index, and join what was written in pieces."""
        from lancedb.index import IvfSq

        self.table.create_index("vector", config=IvfSq(distance_type="cosine"))
        self.table.optimize()

    def search(self, vector: np.ndarray, count: int) -> list["LanceRow"]:
        """Search 40 parts of the index for ten times as many, and compare those exactly."""
        columns = ["path", "kind", "movement", "confidence", "between", "_distance"]
        query = self.table.search(vector).distance_type("cosine").select(columns).limit(count)
        return [LanceRow(row["path"]) for row in query.nprobes(40).refine_factor(10).to_list()]


class LanceRow:
    """A picture that LanceDB found."""

    def __init__(self, path: str) -> None:
        self.path = path


def open_store(kind: str, folder: Path, dimensions: int | None = None) -> AnyStore:
    """Open a store, or make it; what it needs is imported now."""
    if kind == "lancedb":
        return LanceStore(folder, dimensions)
    from app.collection.store import Store

    return Store(folder, VERSION, dimensions)


def write(kind: str, folder: Path, pictures: Sequence[Entry], at_once: int) -> dict[str, float]:
    """Write a store, and say how long that took."""
    store = open_store(kind, folder, len(pictures[0].vector))
    times = [
        _seconds(store.write, pictures[start : start + at_once])
        for start in range(0, len(pictures), at_once)
    ]
    index = _seconds(store.finish) if isinstance(store, LanceStore) else 0.0
    used = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {
        "write_s": round(sum(times), 1),
        "last_write_ms": round(1e3 * times[-1]),
        "index_s": round(index, 1),
        "disk_mb": round(used / 1e6),
    }


def search(kind: str, folder: Path, queries: np.ndarray) -> dict[str, Any]:
    """Open a store in this process, which should be fresh, and search it.

    Args:
        kind: of store.
        folder: where it is.
        queries: float32 [Q,D].
    """
    start = time.perf_counter()
    store = open_store(kind, folder)
    opened = {"open_s": round(time.perf_counter() - start, 2), "opened_mb": _memory("VmRSS")}
    first = _seconds(store.search, queries[0], FOUND)
    times = [_seconds(store.search, query, FOUND) for query in queries]
    return opened | {
        "first_search_ms": round(1e3 * first, 1),
        "search_p50_ms": round(1e3 * float(np.median(times)), 1),
        "peak_mb": _memory("VmHWM"),
        "peak_without_files_mb": _memory("RssAnon"),
        "found": [[each.path for each in store.search(query, FOUND)] for query in queries],
    }


def measure(kind: str, pictures: Sequence[Entry], queries: np.ndarray, at_once: int) -> Any:
    """All numbers of one kind of store; `queries` are float32 [Q,D]."""
    with tempfile.TemporaryDirectory() as folder:
        store, asked = Path(folder, "store"), Path(folder, "queries.npy")
        written = write(kind, store, pictures, at_once)
        np.save(asked, queries)
        command = [
            sys.executable,
            "-m",
            "export.benchmarks.store",
            "--search",
            kind,
            str(store),
            str(asked),
        ]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {"store": kind, "pictures": len(pictures)} | written | json.loads(answer)


def main() -> None:
    """Read the command line and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000, metavar="N", help="made-up pictures")
    parser.add_argument("--at-once", type=int, default=WRITTEN_AT_ONCE, help="pictures to a write")
    parser.add_argument("--search", nargs=3, help=argparse.SUPPRESS)  # Of the fresh process.
    arguments = parser.parse_args()
    if arguments.search:
        kind, folder, asked = arguments.search
        print(json.dumps(search(kind, Path(folder), np.load(asked))))
        return
    vectors = synthetic_embeddings(arguments.size + QUERIES)
    pictures, queries = entries(vectors[:-QUERIES]), vectors[-QUERIES:]
    kinds = ["numpy"] + ["lancedb"] * (importlib.util.find_spec("lancedb") is not None)
    results = [measure(kind, pictures, queries, arguments.at_once) for kind in kinds]
    exact = [set(row) for row in results[0]["found"]]  # It compares with all.
    for result in results:
        pairs = zip(exact, result.pop("found"), strict=True)
        shared = sum(len(row & set(found)) for row, found in pairs)
        result["found_of_exact"] = round(shared / FOUND / QUERIES, 3)
    for name in results[0]:
        print(f"{name:24}" + "".join(f"{result[name]:>12}" for result in results))
    print(json.dumps(results))


def _seconds(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _memory(name: str) -> int:
    """Of this process in MB, as Linux counts it; 0 elsewhere."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return round(int(lines[name].split()[0]) * 1024 / 1e6)


if __name__ == "__main__":
    main()
