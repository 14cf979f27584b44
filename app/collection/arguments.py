"""The command line of app.collection; imports no network and no database, so `--help` is quick."""

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from app.errors import UserError


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; None reads this process's own."""
    parser = argparse.ArgumentParser(
        prog="python -m app.collection",
        description="Index, search and map collections of pictures; docs/COLLECTIONS.md has more.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _index(commands.add_parser("index", help="read a folder's pictures into a store"))
    _search(commands.add_parser("search", help="find the pictures most like one"))
    _map(commands.add_parser("map", help="lay the pictures out, so that like is near like"))
    _duplicates(commands.add_parser("duplicates", help="list what is there twice"))
    return parser.parse_args(arguments)


def check_file(path: Path | None, suffix: str, *, overwrite: bool) -> None:
    """Raise UserError if a file could not be written, before any time is spent on it."""
    if path is None:
        return
    if path.suffix.lower() != suffix:
        raise UserError(f"The name {path.name!r} must end in {suffix}.")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"Nothing can be saved in {path.parent}; please name another folder.")
    if path.exists() and not overwrite:
        raise UserError(f"{path} exists already; please name another file or say --overwrite.")


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
    help_ = "at the whole picture (1, the default), or as in the Read tab (6): six times as long"
    parser.add_argument("--looks", type=int, choices=(1, 6), default=1, help=help_)
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
