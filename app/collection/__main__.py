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
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nlargest
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from tqdm import tqdm

from app.collection.cluster import connected, read_on_cluster
from app.collection.embed import Embedder
from app.collection.embedding_map import make_embedding_map
from app.collection.indexing import find_changes, update
from app.collection.outputs import Facts, as_csv, as_figure, as_page
from app.collection.reading import ReadingStep, read_collection
from app.collection.scan import Source
from app.collection.store import Store
from app.errors import UserError
from app.imaging import read_picture
from training.common.duplicates import duplicate_groups
from training.common.files import save_atomically


def main(arguments: list[str] | None = None) -> None:
    """Do what the command line asks for.

    Args:
        arguments: without the program's name; None reads the command line.

    Raises:
        SystemExit: with 1 after one sentence about an error that a person can correct, with 2 for a
            wrong command line, with 130 if it was interrupted.
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
    embedder = Embedder(provider=args.provider, view_count=args.views)
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
    entry = embedder.embed_picture(read_picture(args.picture))
    results = (result for store in stores for result in store.search(entry.vector, args.k))
    for result in nlargest(args.k, results, key=lambda result: result.similarity):
        verdict = f"{100 * result.confidence:3.0f} % {result.movement}"
        if result.between:
            verdict = f"{result.movement} or {result.between}"
        if result.kind != embedder.kinds[0]:
            verdict = result.kind
        print(f"{result.similarity:.3f}  {verdict:<30}  {result.path}")


def make_map(args: argparse.Namespace) -> None:
    """Lay a store's pictures out, and write the map."""
    for path, suffix in ((args.out, ".html"), (args.csv, ".csv")):
        _check_file(path, suffix, overwrite=args.overwrite)
    store = _open(args.store)
    columns = ("path", "kind", "movement", "confidence", "width", "height", "between")
    table, vectors = store.columns(*columns, "fingerprint")
    facts = [Facts(*row) for row in zip(*(table[name] for name in columns), strict=True)]
    names = [fact.name for fact in facts]
    groups = [fact.group for fact in facts]
    embedding_map = make_embedding_map(vectors.astype(np.float32), groups, names, seed=args.seed)
    store.lay_out(names, embedding_map.coordinates, embedding_map.clusters)
    if args.csv:
        duplicates = duplicate_groups(np.array(table["fingerprint"], np.uint64), vectors)
        _save(args.csv, as_csv(facts, embedding_map, duplicates))
    if args.out:
        _save(args.out, as_page(as_figure(facts, embedding_map)))
    sizes = Counter(embedding_map.clusters.tolist())
    for number, name in enumerate(embedding_map.names):
        print(f"{sizes[number]:7d}  {name}")


def list_duplicates(args: argparse.Namespace) -> None:
    """Print groups of near-duplicates, with an empty line between them."""
    table, vectors = _open(args.store).columns("path", "fingerprint")
    groups = duplicate_groups(np.array(table["fingerprint"], np.uint64), vectors)
    paths = table["path"]
    print("\n\n".join("\n".join(paths[index] for index in group) for group in groups))
    plural = "" if len(groups) == 1 else "s"
    summary = f"{len(groups)} group{plural} of near-duplicates in {len(paths)} pictures."
    print(summary, file=sys.stderr)


def _read(
    sources: Sequence[Source], embedder: Embedder, args: argparse.Namespace
) -> Iterator[ReadingStep]:
    """Read files here, or on the cluster of `--ray`, each of whose workers loads the classifier."""
    if not args.ray:
        yield from read_collection(sources, embedder)
    elif sources:
        make = partial(Embedder, provider=args.provider, view_count=args.views, threads=1)
        with connected(args.ray):
            yield from read_on_cluster(sources, make, gpus=1 if args.provider == "cuda" else 0)


def _open(folder: Path) -> Store:
    """A store whose pictures are only compared with each other, whichever embedder made it."""
    return Store(folder, version=None)


def _save(path: Path, content: str) -> None:
    save_atomically(path, lambda partial: partial.write_bytes(content.encode()))


def _check_file(path: Path | None, suffix: str, *, overwrite: bool) -> None:
    """Raise UserError if a file could not be written, before any time is spent on it."""
    if path is None:
        return
    if path.suffix.lower() != suffix:
        raise UserError(f"The name {path.name!r} must end in {suffix}.")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"Nothing can be saved in {path.parent}; please name another folder.")
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists already; please name another file or say --overwrite.")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; None reads this process's own."""
    parser = argparse.ArgumentParser(
        prog="python -m app.collection",
        description="Index, search and map collections of pictures; docs/COLLECTIONS.md has more.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _index(commands.add_parser("index", help="read a folder's pictures into a store"))
    _search(commands.add_parser("search", help="find the pictures most like one"))
    _map(commands.add_parser("map", help="lay the pictures out, similar ones close together"))
    _duplicates(commands.add_parser("duplicates", help="list near-duplicates"))
    return parser.parse_args(arguments)


def _index(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read all pictures below a folder into a store. Run it again when the folder has changed:"
        " files that are as they were are not read again, and those that are gone are dropped."
        " Ctrl-C stops; the next run goes on where this one was."
    )
    help_ = "where the pictures are: a folder, or a URL such as s3://bucket/scans"
    parser.add_argument("folder", type=_place, metavar="FOLDER", help=help_)
    help_ = "the store, a folder of its own; made if there is none"
    parser.add_argument("--store", type=Path, metavar="STORE", required=True, help=help_)
    help_ = "the whole picture alone (1, the default), or the six views of the Read tab (6)"
    names = ("--views", "--looks")  # The second one until version 0.3.
    parser.add_argument(*names, dest="views", type=int, choices=(1, 6), default=1, help=help_)
    help_ = "read with a Ray cluster: its HOST:PORT, `auto`, or `local` to start one here"
    parser.add_argument("--ray", metavar="ADDRESS", help=help_)
    _provider(parser)


def _search(parser: argparse.ArgumentParser) -> None:
    help_ = "what `index` made; of several, the pictures most like it in all of them"
    parser.add_argument("stores", type=Path, nargs="+", metavar="STORE", help=help_)
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="any picture")
    parser.add_argument("-k", type=_count, default=10, help="how many to find (default 10)")
    _provider(parser)


def _map(parser: argparse.ArgumentParser) -> None:
    parser.description = "Places are written into the store too, as columns x, y and cluster."
    _store(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="a page with the map, .html")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a table of all pictures, .csv")
    parser.add_argument("--seed", type=int, default=0, help="another one, another map")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def _duplicates(parser: argparse.ArgumentParser) -> None:
    _store(parser)


def _store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", type=Path, metavar="STORE", help="what `index` made")


def _provider(parser: argparse.ArgumentParser) -> None:
    choices, help_ = ("auto", "cuda", "cpu"), "what computes (default auto)"
    parser.add_argument("--provider", choices=choices, default="auto", help=help_)


def _place(text: str) -> Path | str:
    """A folder of this machine, or a URL of another place."""
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    return text if "://" in text else Path(text)


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


if __name__ == "__main__":
    main()
