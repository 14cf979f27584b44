"""Finding the pictures of a data set, and reading each of them once."""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from training.common.decoding import decode, read_content
from training.common.duplicates import difference_hash
from training.common.errors import UserError
from training.common.movements import MOVEMENTS
from training.common.signatures import SUFFIXES
from training.data.records import OTHER, PHOTOGRAPH, Record, check_split, find_movement, read_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Skipped:
    """A file that could not be read, and why in one sentence."""

    path: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """What came of reading pictures.

    Attributes:
        records: those that could be read, with the hashes of their contents.
        hashes: their perceptual hashes, see `difference_hash`.
        skipped: the others.
    """

    records: list[Record]
    hashes: list[int]
    skipped: list[Skipped]


def scan(folder: Path) -> list[Record]:
    """Records of a folder with one subfolder per movement, or with an `index.csv`.

    What is hidden (its name begins with a dot) is passed over. Names of movements may be written
    in any case; a name that is unknown is warned of, and its pictures are OTHER.

    Raises:
        UserError: there is no such folder, it holds no picture, or its index has a fault.
    """
    index = folder / "index.csv"
    if index.exists():
        named = _indexed(index)
    else:
        paths = _pictures(folder)
        parts = [path.relative_to(folder).parts for path in paths]
        names = [part[0] if len(part) > 1 else OTHER for part in parts]
        named = [(Record(str(path), OTHER), name) for path, name in zip(paths, names, strict=True)]
    if not named:
        raise UserError(
            f"{folder} holds no pictures; it needs a subfolder per movement, or an index.csv."
        )
    unknown = Counter(name for _, name in named if not find_movement(name))
    if unknown:
        listed = ", ".join(f"{name!r} ({count})" for name, count in unknown.most_common())
        logger.warning(
            "%s: taken as %r, because they are none of %s: %s.",
            *(folder, OTHER, ", ".join(MOVEMENTS), listed),
        )
    return [replace(record, movement=find_movement(name) or OTHER) for record, name in named]


def _indexed(index: Path) -> list[tuple[Record, str]]:
    """Records of an `index.csv`, and the movements as they are written there."""
    named = []
    for place, row in read_table(index, "file", "movement"):
        if not row["file"]:
            raise UserError(f"{place}: the column 'file' is empty.")
        path = index.parent / row["file"].replace("\\", "/")
        facts = {name: row.get(name, "") for name in ("artist", "title", "source", "split")}
        if facts["split"]:
            check_split(place, facts["split"])
        named.append((Record(str(path), OTHER, **facts), row["movement"].strip() or OTHER))
    return named


def scan_photographs(folder: Path) -> list[Record]:
    """Records of all pictures below a folder, as photographs.

    Raises:
        UserError: there is no such folder, or it holds no picture.
    """
    records = [Record(str(p), PHOTOGRAPH, source="photographs") for p in _pictures(folder)]
    if not records:
        raise UserError(f"{folder} holds no pictures.")
    return records


def _pictures(folder: Path) -> list[Path]:
    """What is called like a picture below a folder and not hidden, in the order of its names.

    Raises:
        UserError: there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; please name another one.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not path.is_fifo()  # Opening a pipe would block.
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def examine(records: Sequence[Record]) -> Scan:
    """Read every picture once, in several threads, and take the hashes that duplicates need."""
    result = Scan([], [], [])
    with ThreadPoolExecutor() as pool:
        results = pool.map(_examine, records)
        for each in tqdm(results, "pictures", len(records), disable=None, mininterval=1):
            if isinstance(each, Skipped):
                result.skipped.append(each)
            else:
                result.records.append(each[0])
                result.hashes.append(each[1])
    return result


def _examine(record: Record) -> tuple[Record, int] | Skipped:
    """The record with its content's hash and the picture's perceptual one, or why not."""
    try:
        record.path.encode()
        data = read_content(record.path)
        content = hashlib.sha256(data).hexdigest()
        return replace(record, content=content), difference_hash(decode(data))
    except UnicodeEncodeError:
        name = record.path.encode(errors="replace").decode()
        return Skipped(name, "Its name is not valid text; please rename it.")
    except UserError as error:
        return Skipped(record.path, str(error))
