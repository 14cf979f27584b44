"""Make a manifest: find pictures, check each of them, say what they are and split them.

    python -m training.data PAINTINGS [PAINTINGS ...] --photographs PHOTOS --out runs/manifest.csv

PAINTINGS is either a folder with one subfolder per movement, or holds an `index.csv` with the
columns file, movement, and perhaps artist, title, source, split. What names no movement is "other".
What is held out the column `split` says, or `--splits FILE`, a CSV of file and split; the rest is
drawn. Files that cannot be read, near-duplicates with different labels and leaks between given
splits are reported.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from training.common.duplicates import near_duplicates
from training.common.errors import UserError, exit_on_user_error
from training.common.movements import MOVEMENTS
from training.data.records import OTHER, PHOTOGRAPH, SPLITS, Record, write_manifest
from training.data.scanning import examine, scan, scan_photographs
from training.data.splits import (
    contradictions,
    leaked_artists,
    leaked_paintings,
    read_splits,
    split,
)

SHOWN = 10
"""Of what is reported."""


def report(what: str, lines: Sequence[str]) -> None:
    """Print to standard error how many of something there are, and the first of them."""
    if lines:
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        print(f"{what}: {len(lines)}", *lines[:SHOWN], *more, sep="\n  ", file=sys.stderr)


def scan_paintings(folder: Path) -> list[Record]:
    """Records of a folder of paintings, which are labelled somehow.

    Raises:
        UserError: no subfolder names a movement, and there is no index either.
    """
    records = scan(folder)
    if not (folder / "index.csv").exists() and all(record.label < 0 for record in records):
        raise UserError(
            f"{folder} holds no index.csv and no subfolder that is named after a movement"
            f" ({', '.join(MOVEMENTS)}), so nothing says what its pictures are."
        )
    return records


def report_doubts(records: list[Record], pairs: Sequence[tuple[int, int]]) -> None:
    """Print which labels of near-duplicates contradict each other, and which splits do."""
    report(
        "Near-duplicates with different labels",
        [
            f"{records[i].path} is {records[i].movement}, {records[j].path} {records[j].movement}"
            for i, j in contradictions(records, pairs)
        ],
    )
    for what, leaks in (
        ("train that show or resemble a held-out one", leaked_paintings(records, pairs)),
        ("other splits than test_artists by its artists", leaked_artists(records)),
    ):
        report(
            f"Pictures in {what}, by the splits that were given",
            [
                f"{records[i].path} is in {records[i].split},"
                f" {records[j].path} in {records[j].split}"
                for i, j in leaks
            ],
        )


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m training.data", description=__doc__.splitlines()[0])
    parser.add_argument("paintings", type=Path, nargs="+", help="folders, see the documentation")
    parser.add_argument("--photographs", type=Path, help="folder of what is no painting")
    parser.add_argument("--out", type=Path, default=Path("runs/manifest.csv"))
    parser.add_argument("--splits", type=Path, help="CSV of file and split")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


@exit_on_user_error()
def main(argv: list[str] | None = None) -> None:
    """Scan, find near-duplicates, split, write the manifest and print what is in it."""
    args = parse_args(argv)
    named = read_splits(args.splits) if args.splits else None
    found = [record for folder in args.paintings for record in scan_paintings(folder)]
    if args.photographs:
        found += scan_photographs(args.photographs)
    scanned = examine(found)
    report("Files skipped", [f"{s.path}: {s.reason}" for s in scanned.skipped])
    if named:
        absent = sorted(named.keys() - {Path(record.path).name for record in scanned.records})
        report(f"Files that {args.splits} names and that are not here", absent)
    if all(record.label < 0 for record in scanned.records):
        raise UserError(
            f"Of {len(found)} pictures none is of a movement ({', '.join(MOVEMENTS)}) and can be"
            " read, so there is nothing to learn from."
        )
    pairs = near_duplicates(scanned.hashes)
    records = split(scanned.records, pairs, args.seed, named)
    report_doubts(records, pairs)
    write_manifest(args.out, records)
    print(
        f"{len(records)} pictures, {len(pairs)} near-duplicate pairs, {len(scanned.skipped)} files"
        f" skipped -> {args.out}"
    )
    counts = Counter((record.movement, record.split) for record in records)
    for movement in (*MOVEMENTS, OTHER, PHOTOGRAPH):
        row = "  ".join(f"{name} {counts[movement, name]:5d}" for name in SPLITS)
        print(f"{movement:14s} {row}")


if __name__ == "__main__":
    main()
