"""How many pictures a collection may have here: reading, storing, searching, comparing, mapping.

    python -m export.benchmark_collection --pictures FOLDER --size 100000 --map

Reading is timed with real files. For the rest there are no hundred thousand paintings, so
embeddings are made up: those of the shipped map of art, each with noise, so that they lie in
clusters as real ones do.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app import MODELS
from app.collection.chart import draw, nearest
from app.collection.embed import Embedder, Entry
from app.collection.reading import read_collection
from app.collection.scan import Source, find_pictures
from app.collection.store import Store
from export.timing import Contestant, median_milliseconds
from training.duplicates import duplicate_groups
from training.layout import unit
from training.movements import KINDS, MOVEMENTS

READ = 200
"""Files that are timed."""

FOUND = 10
_NOISE = 0.35  # Of a vector's length: about as far as a painting's nearest neighbour is.
_AT_ONCE = 512


def made_up(size: int) -> np.ndarray:
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


def report_reading(folder: Path) -> None:
    """Print how fast files are read."""
    sources, _ = find_pictures(folder, READ)
    embedder = Embedder(provider="cpu")
    steps = list(read_collection(sources[:READ], embedder))
    pixels = [entry.width * entry.height for step in steps for entry in step.entries]
    speed, size = steps[-1].step / steps[-1].seconds, np.mean(pixels) / 1e6
    print(f"  read                     {speed:10.1f} pictures a second, {size:.1f} megapixels each")


def report_searching(store: Store, vectors: np.ndarray, runs: int) -> None:
    """Print how fast a store is searched, beside comparing with all in memory."""
    queries = made_up(runs + 1000)[-runs - 1 :]
    turns = {"LanceDB": iter(queries), "NumPy": iter(queries)}
    directions = unit(vectors)
    contestants: dict[str, Contestant] = {
        "LanceDB": lambda _: store.search(next(turns["LanceDB"]), FOUND),
        "NumPy": lambda _: np.argpartition(-(directions @ next(turns["NumPy"])), FOUND),
    }
    medians = median_milliseconds(contestants, queries, runs)
    right = 0
    for query in queries:
        found = {int(Path(each.path).stem) for each in store.search(query, FOUND)}
        right += len(found & set(nearest(query, vectors, FOUND)[0].tolist()))
    print(f"  search, LanceDB          {medians['LanceDB']:10.1f} ms")
    print(f"  search, NumPy            {medians['NumPy']:10.1f} ms, all vectors in memory")
    print(f"  found of the true ten    {100 * right / FOUND / len(queries):10.1f} %")


def main() -> None:
    """Read the command line and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="real files to read")
    parser.add_argument("--size", type=int, default=100_000, help="of the made-up collection")
    parser.add_argument("--runs", type=int, default=50, help="timed searches")
    parser.add_argument("--map", action="store_true", help="lay it out, too; takes minutes")
    arguments = parser.parse_args()
    if arguments.pictures:
        report_reading(arguments.pictures)
    vectors = made_up(arguments.size)
    pictures = entries(vectors)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "store"), "made up", vectors.shape[1])

        def write() -> None:
            for start in range(0, len(pictures), _AT_ONCE):
                store.write(pictures[start : start + _AT_ONCE])

        print(f"{arguments.size} pictures")
        _timed("write", write)
        _timed("tidy up and index", store.finish)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        print(f"  on the disk              {size / 1e6:10.1f} MB")
        report_searching(store, vectors, arguments.runs)
    fingerprints = np.array([picture.fingerprint for picture in pictures], np.uint64)
    _timed("find near-duplicates", lambda: duplicate_groups(fingerprints, vectors))
    if arguments.map:
        groups, names = zip(*((p.movement, p.source.name) for p in pictures), strict=True)
        _timed("lay out and name", lambda: draw(vectors, groups, names))


def _timed(words: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    print(f"  {words:24} {time.perf_counter() - start:10.1f} s", flush=True)


if __name__ == "__main__":
    main()
