"""Index, search and map collections of pictures from the command line.

    python -m app.collection index scans --store store
    python -m app.collection index s3://museum/scans --store store --ray auto
    python -m app.collection search store painting.jpg -k 10
    python -m app.collection map store --out map.html --csv map.csv
    python -m app.collection duplicates store

`export.benchmarks.collection` says how fast this is here; docs/COLLECTIONS.md, what it would take
for a hundred million pictures.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nlargest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.collection.arguments import check_file, parse
from app.collection.cluster import connected, read_on_cluster
from app.collection.embed import Embedder
from app.collection.embedding_map import draw
from app.collection.indexing import find_changes, update
from app.collection.outputs import Facts, as_csv, as_figure, as_page
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source
from app.collection.store import Store, matrix
from app.errors import UserError
from app.imaging import read_picture
from training.common.duplicates import duplicate_groups
from training.common.files import save_atomically


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line says.

    Args:
        arguments: without the program's name; None reads the command line.

    Raises:
        SystemExit: with 1 after one sentence about what can be mended, with 2 about the command
            line, with 130 if it was interrupted.
    """
    args = parse(arguments)
    command = {"index": index, "search": search, "map": make_map, "duplicates": list_duplicates}
    try:
        command[args.command](args)
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)


def index(args: argparse.Namespace) -> None:
    """Bring a store up to date with a folder."""
    embedder = Embedder(provider=args.provider, looks=args.looks)
    store = Store(args.store, embedder.version, len(embedder.projection.components))
    changes = find_changes(args.folder, store)
    failures = list(changes.failures)
    with tqdm(total=len(changes.sources), disable=None, unit=" pictures") as bar:
        for failure in failures:
            bar.write(f"{failure.name}: {failure.problem}", file=sys.stderr)
        for step in update(store, changes, _read(changes.sources, embedder, args)):
            failures += step.failures
            for failure in step.failures:
                bar.write(f"{failure.name}: {failure.problem}", file=sys.stderr)
            bar.update(step.step - bar.n)
    read = len(changes.sources) - (len(failures) - len(changes.failures))
    print(
        f"{read} pictures were read, {changes.kept} were known already, {len(failures)} could not"
        f" be read; the store holds {len(store)}."
    )


def search(args: argparse.Namespace) -> None:
    """Print the pictures most like one."""
    embedder = Embedder(provider=args.provider)
    stores = [Store(folder, embedder.version) for folder in args.stores]
    entry = embedder.look_at(read_picture(args.picture))
    likest = (found for store in stores for found in store.search(entry.vector, args.k))
    for found in nlargest(args.k, likest, key=lambda found: found.similarity):
        said = f"{100 * found.confidence:3.0f} % {found.movement}"
        if found.between:
            said = f"{found.movement} or {found.between}"
        if found.kind != embedder.kinds[0]:
            said = found.kind
        print(f"{found.similarity:.3f}  {said:<30}  {found.path}")


def make_map(args: argparse.Namespace) -> None:
    """Lay a store's pictures out, and write the map."""
    for path, suffix in ((args.out, ".html"), (args.csv, ".csv")):
        check_file(path, suffix, overwrite=args.overwrite)
    store = _open(args.store)
    columns = ("path", "kind", "movement", "confidence", "width", "height", "between")
    rows = store.columns(*columns, "fingerprint", "vector")
    facts = [Facts(*row) for row in zip(*(rows[name].to_pylist() for name in columns), strict=True)]
    vectors = matrix(rows["vector"])
    names = [fact.name for fact in facts]
    chart = draw(vectors.astype(np.float32), [fact.group for fact in facts], names, seed=args.seed)
    store.lay_out(names, chart.coordinates, chart.clusters)
    if args.csv:
        copies = duplicate_groups(rows["fingerprint"].to_numpy(), vectors)
        _save(args.csv, as_csv(facts, chart, copies))
    if args.out:
        _save(args.out, as_page(as_figure(facts, chart)))
    sizes = Counter(chart.clusters.tolist())
    for number, name in enumerate(chart.names):
        print(f"{sizes[number]:7d}  {name}")


def list_duplicates(args: argparse.Namespace) -> None:
    """Print groups of near-duplicates, with an empty line between them."""
    rows = _open(args.store).columns("path", "fingerprint", "vector")
    groups = duplicate_groups(rows["fingerprint"].to_numpy(), matrix(rows["vector"]))
    paths = rows["path"].to_pylist()
    print("\n\n".join("\n".join(paths[index] for index in group) for group in groups))
    plural = "" if len(groups) == 1 else "s"
    said = f"{len(groups)} group{plural} of near-duplicates in {len(paths)} pictures."
    print(said, file=sys.stderr)


def _read(
    sources: Sequence[Source], embedder: Embedder, args: argparse.Namespace
) -> Iterator[ReadingStep]:
    """Read files here, or on the cluster that was asked for, whose workers load the reader anew."""
    if not args.ray:
        yield from read_collection(sources, embedder)
    elif sources:
        make = partial(Embedder, provider=args.provider, looks=args.looks, threads=1)
        with connected(args.ray):
            yield from read_on_cluster(sources, make, gpus=1 if args.provider == "cuda" else 0)


def _open(folder: Path) -> Store:
    """A store whose pictures are compared with each other only, whichever reader made it."""
    return Store(folder, reader=None)


def _save(path: Path, content: str) -> None:
    save_atomically(path, lambda partial: partial.write_bytes(content.encode()))


if __name__ == "__main__":
    main()
