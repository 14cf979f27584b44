"""Which pictures there are, what they are, and which of them a network may learn from.

A manifest is a CSV with the columns path, movement, artist, title, source, split. Make one with

    python -m training.data PAINTINGS --photographs PHOTOS --out runs/manifest.csv

where PAINTINGS is either a folder with one subfolder per movement, or holds an `index.csv` with the
columns file, movement, artist, title, source. Subfolders that name no movement are "other". What is
held out a column `split` says, or `--splits FILE`, a CSV of file and split; the rest is drawn.
"""

import argparse
import csv
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.movements import MOVEMENTS

OTHER, PHOTOGRAPH = "other", "photograph"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
TEST_SPLITS = ("test", "test_artists")
SPLITS = ("train", "validation", *TEST_SPLITS)

ARTISTS_HELD_OUT = 0.13
TEST = 0.13
VALIDATION = 0.06
"""Shares: of artists kept apart, then of the remaining paintings. See `split`."""


@dataclass(frozen=True)
class Record:
    """One picture. `movement` is one of MOVEMENTS, or OTHER, or PHOTOGRAPH."""

    path: str
    movement: str
    artist: str = ""
    title: str = ""
    source: str = ""
    split: str = ""

    @property
    def label(self) -> int:
        """Index into MOVEMENTS, or -1 for a picture of no movement."""
        return MOVEMENTS.index(self.movement) if self.movement in MOVEMENTS else -1

    @property
    def kind(self) -> int:
        """Index into training.movements.KINDS."""
        return {PHOTOGRAPH: 1, OTHER: 2}.get(self.movement, 0)


def load_picture(path: Path | str) -> np.ndarray:
    """A training picture as uint8 RGB [H,W,3], upright.

    Raises:
        OSError: the file is missing or no picture.
    """
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def scan(folder: Path) -> list[Record]:
    """Records of a folder with one subfolder per movement, or with an `index.csv`.

    Raises:
        FileNotFoundError: the folder holds no picture.
    """
    index = folder / "index.csv"
    if index.exists():
        with index.open(newline="") as file:
            rows = list(csv.DictReader(file))
        records = [
            Record(
                str(folder / row["file"]),
                row["movement"] or OTHER,
                row.get("artist", ""),
                row.get("title", ""),
                row.get("source", ""),
                row.get("split", ""),
            )
            for row in rows
        ]
    else:
        records = [
            Record(str(path), movement if movement in MOVEMENTS else OTHER)
            for path in _pictures(folder)
            for movement in [path.relative_to(folder).parts[0]]
        ]
    if not records:
        raise FileNotFoundError(f"{folder} holds no pictures: expected a subfolder per movement")
    return records


def scan_photographs(folder: Path) -> list[Record]:
    """Records of all pictures below a folder, as photographs."""
    return [Record(str(path), PHOTOGRAPH, source="photographs") for path in _pictures(folder)]


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def difference_hash(picture: np.ndarray) -> int:
    """64-bit perceptual hash: is each of 8x8 cells brighter than its right neighbour?

    Args:
        picture: uint8 RGB [H,W,3].
    """
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((9, 8)), np.int16)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())


def near_duplicates(hashes: Iterable[int], distance: int = 6) -> list[tuple[int, int]]:
    """Pairs of positions whose 64-bit hashes differ in at most `distance` bits."""
    array = np.fromiter(hashes, np.uint64)
    pairs = []
    for i, value in enumerate(array):
        close = np.bitwise_count(array[i + 1 :] ^ value) <= distance
        pairs += [(i, i + 1 + int(j)) for j in np.flatnonzero(close)]
    return pairs


def read_splits(path: Path) -> dict[str, str]:
    """Splits by file name, from a CSV with the columns file and split.

    Raises:
        ValueError: a split is unknown.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        named = {Path(row["file"]).name: row["split"] for row in csv.DictReader(file)}
    for name, where in named.items():
        if where not in SPLITS:
            raise ValueError(f"{path}: unknown split {where!r} of {name}")
    return named


def split(
    records: list[Record],
    pairs: list[tuple[int, int]],
    seed: int = 0,
    named: dict[str, str] | None = None,
) -> list[Record]:
    """Assign every record to train, validation, test or test_artists.

    One assignment serves both questions: "test" holds unseen paintings by artists whose other
    paintings may be in train; "test_artists" holds all paintings of artists of whom nothing else
    is used. A picture's place depends on a hash of its group's name alone, so it stays where it
    is when others are added, whatever the library versions.

    Args:
        records: the pictures.
        pairs: near-duplicates, as positions; they always share a split.
        seed: another seed, another split.
        named: splits by file name, which a published split gives; other records, and those that
            have a split of their own already, are not touched by it.
    """
    paintings = _components(records, pairs, lambda r: (r.artist, r.title) if r.title else r.path)
    artists = _components(records, pairs, lambda r: r.artist or r.path)
    result = []
    for record, painting, artist in zip(records, paintings, artists, strict=True):
        given = record.split or (named or {}).get(Path(record.path).name)
        if given:
            name = given
        elif share(f"{seed} artist {artist}") < ARTISTS_HELD_OUT:
            name = "test_artists"
        else:
            place = share(f"{seed} painting {painting}")
            held_out = "test" if place < TEST else "validation"
            name = held_out if place < TEST + VALIDATION else "train"
        result.append(replace(record, split=name))
    return result


def _components(records: list[Record], pairs: list[tuple[int, int]], key) -> list[str]:  # type: ignore[no-untyped-def]
    """For each record the name of its group: those linked by equal keys or near-duplication."""
    names = [repr(key(record)) for record in records]
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    links = [*pairs, *((i, first[name]) for i, name in enumerate(names))]
    rows, columns = np.array(links).T
    graph = coo_array((np.ones(len(links)), (rows, columns)), shape=(len(names), len(names)))
    components = connected_components(graph, directed=False)[1]
    smallest: dict[int, str] = {}
    for component, name in zip(components, names, strict=True):
        smallest[component] = min(smallest.get(component, name), name)
    return [smallest[component] for component in components]


def share(name: str) -> float:
    """A number in [0,1) that depends on the name alone, whatever the library versions."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64


def write_manifest(path: Path, records: list[Record]) -> None:
    """Write records as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Record)])
        writer.writeheader()
        writer.writerows(asdict(record) for record in records)


def read_manifest(path: Path) -> list[Record]:
    """Read records from CSV; unknown columns are ignored.

    Raises:
        ValueError: a movement or split is unknown, or a needed column is missing.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = {field.name for field in fields(Record)}
    records = [Record(**{k: v for k, v in row.items() if k in names}) for row in rows]
    for record in records:
        if record.movement not in (*MOVEMENTS, OTHER, PHOTOGRAPH):
            raise ValueError(f"{path}: unknown movement {record.movement!r} of {record.path}")
        if record.split not in SPLITS:
            raise ValueError(f"{path}: unknown split {record.split!r} of {record.path}")
    return records


def main() -> None:
    """Scan, find near-duplicates, split, write the manifest and print what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/manifest.csv"))
    parser.add_argument("--splits", type=Path, help="CSV of file and split")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    named = read_splits(args.splits) if args.splits else None
    records = scan(args.paintings)
    if args.photographs:
        records += scan_photographs(args.photographs)
    pairs = near_duplicates(difference_hash(load_picture(record.path)) for record in records)
    records = split(records, pairs, args.seed, named)
    write_manifest(args.out, records)
    print(f"{len(records)} pictures, {len(pairs)} near-duplicate pairs -> {args.out}")
    counts = Counter((record.movement, record.split) for record in records)
    for movement in (*MOVEMENTS, OTHER, PHOTOGRAPH):
        row = "  ".join(f"{name} {counts[movement, name]:5d}" for name in SPLITS)
        print(f"{movement:14s} {row}")


if __name__ == "__main__":
    main()
