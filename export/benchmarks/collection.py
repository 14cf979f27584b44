"""How many pictures a collection may have here: reading, storing, searching, comparing, mapping.

    python -m export.benchmarks.collection --pictures FOLDER --ray --size 10000 100000

Reading is timed with real files. For the rest there are no hundred thousand paintings, so
embeddings are made up: those of the shipped reference map, each with noise, so that they form
clusters as real ones do. docs/COLLECTIONS.md uses what this prints.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from app import MODELS
from app.collection.cluster import LOCAL, connected, read_on_cluster
from app.collection.embed import Embedder, Entry
from app.collection.embedding_map import make_embedding_map
from app.collection.indexing import WRITTEN_AT_ONCE
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source, find_pictures
from app.collection.store import Store
from training.common.duplicates import duplicate_groups
from training.common.embedding_map import unit
from training.common.movements import KINDS, MOVEMENTS

READ = 200
"""Files that are timed."""

FOUND = 10
Result = TypeVar("Result")
_NOISE = 0.35  # Of a vector's length: about as far as a painting's nearest neighbour is.


def synthetic_embeddings(size: int) -> np.ndarray:
    """Embeddings as of so many paintings, float32 [size,D]."""
    known = np.load(MODELS / "map" / "embeddings.npy").astype(np.float32)
    random = np.random.default_rng(0)
    chosen = unit(known)[random.integers(0, len(known), size)]
    noise = unit(random.standard_normal(chosen.shape, np.float32))
    return chosen + _NOISE * noise


def entries(vectors: np.ndarray) -> list[Entry]:
    """Pictures with these embeddings, and with hashes by chance."""
    hashes = np.random.default_rng(1).integers(0, 2**63, len(vectors))
    return [
        Entry(
            source=Source(f"/museum/{index // 1000}/{index}.jpg", Path(), 1, 1),
            width=1000,
            height=800,
            fingerprint=int(fingerprint),
            kind=KINDS[0],
            movement=MOVEMENTS[index % len(MOVEMENTS)],
            confidence=0.5,
            vector=vector,
        )
        for index, (vector, fingerprint) in enumerate(zip(vectors, hashes, strict=True))
    ]


def report_reading(folder: Path, *, ray: bool) -> None:
    """Print how fast files are read by one process and, where wished, by Ray's workers."""
    sources, _ = find_pictures(folder, READ)
    sources = list(itertools.islice(itertools.cycle(sources), READ))
    embedder = Embedder(provider="cpu")
    steps = list(read_collection(sources, embedder))
    entries = [entry for step in steps for entry in step.entries]
    pixels = np.mean([entry.width * entry.height for entry in entries]) / 1e6
    bytes_ = np.mean([entry.source.size for entry in entries]) / 1e6
    print(f"files of {pixels:.1f} megapixels and {bytes_:.2f} MB on average")
    _report_speed("read by one process", steps)
    print(f"  memory of this process   {_memory():10.0f} MB")
    if ray:
        make = partial(Embedder, provider="cpu", threads=1)
        with connected(LOCAL):
            _report_speed("read by Ray's workers", read_on_cluster(sources, make))


def _report_speed(words: str, steps: Iterable[ReadingStep]) -> None:
    """The first step is not timed: workers start, and pictures are decoded ahead."""
    first, *_, last = steps
    speed = (last.step - first.step) / (last.seconds - first.seconds)
    print(f"  {words:24} {speed:10.1f} pictures a second", flush=True)


def report_store(size: int, runs: int) -> tuple[list[Entry], np.ndarray]:
    """Print what writing, opening and searching a made-up store takes.

    Returns:
        Its pictures, and their embeddings, float32 [size,D].
    """
    vectors = synthetic_embeddings(size)
    pictures = entries(vectors)
    print(f"{size} made-up pictures, {vectors.shape[1]} numbers each")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "store"), "made up", vectors.shape[1])
        times = []
        for start in range(0, size, WRITTEN_AT_ONCE):
            times.append(_seconds(store.write, pictures[start : start + WRITTEN_AT_ONCE]))
        print(f"  write                    {sum(times):10.1f} s, {WRITTEN_AT_ONCE} at once:")
        first, last = (1e3 * np.median(part) for part in (times[:5], times[-6:-1]))
        print(f"    first, last            {first:10.0f} ms, {last:.0f} ms")
        used = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        print(f"  on the disk              {used / 1e6:10.1f} MB, {used / size:.0f} bytes each")
        before = _memory()
        known = _timed("look up what is known", store.known)
        print(f"    memory for {len(known):7}     {_memory() - before:10.0f} MB")
        times = [_seconds(store.search, query, FOUND) for query in synthetic_embeddings(runs)]
        print(f"  search                   {1e3 * np.median(times):10.1f} ms")
    return pictures, vectors


def main() -> None:
    """Read the command line and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="real files to read")
    help_ = "read them with Ray on this machine, too"
    parser.add_argument("--ray", action="store_true", help=help_)
    sizes, help_ = [10_000, 100_000], "of made-up collections"
    parser.add_argument("--size", type=int, nargs="*", default=sizes, metavar="N", help=help_)
    parser.add_argument("--runs", type=int, default=50, help="timed searches")
    parser.add_argument("--map", action="store_true", help="lay them out, too; takes minutes")
    arguments = parser.parse_args()
    if arguments.pictures:
        report_reading(arguments.pictures, ray=arguments.ray)
    for size in arguments.size:
        pictures, vectors = report_store(size, arguments.runs)
        fingerprints = np.array([picture.fingerprint for picture in pictures], np.uint64)
        _timed("find near-duplicates", partial(duplicate_groups, fingerprints, vectors))
        if arguments.map:
            groups, names = zip(*((p.movement, p.source.name) for p in pictures), strict=True)
            _timed("lay out and name", partial(make_embedding_map, vectors, groups, names))


def _seconds(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _timed(words: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    print(f"  {words:24} {time.perf_counter() - start:10.1f} s", flush=True)
    return result


def _memory() -> float:
    """Of this process, in MB."""
    return float(psutil.Process(os.getpid()).memory_info().rss / 1e6)


if __name__ == "__main__":
    main()
