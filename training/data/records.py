"""Pictures of a data set, and the file that lists them.

A manifest is a CSV with the columns path, movement, artist, title, source, split, content.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from training.common.errors import UserError
from training.common.movements import MOVEMENTS

OTHER, PHOTOGRAPH = "other", "photograph"
TEST_SPLITS = ("test", "test_artists")
SPLITS = ("train", "validation", *TEST_SPLITS)

_MOVEMENTS = {name.casefold(): name for name in (*MOVEMENTS, OTHER, PHOTOGRAPH)}


@dataclass(frozen=True)
class Record:
    """One picture.

    Attributes:
        path: its file.
        movement: one of MOVEMENTS, or OTHER, or PHOTOGRAPH.
        artist: may be "", as what follows.
        title: of the painting.
        source: the collection that the file came from.
        split: one of SPLITS.
        content: SHA-256 of the file, which names a picture without a title.
    """

    path: str
    movement: str
    artist: str = ""
    title: str = ""
    source: str = ""
    split: str = ""
    content: str = ""

    @property
    def label(self) -> int:
        """Index into MOVEMENTS, or -1 for a picture of no movement."""
        return MOVEMENTS.index(self.movement) if self.movement in MOVEMENTS else -1

    @property
    def kind(self) -> int:
        """Index into training.common.movements.KINDS."""
        return {PHOTOGRAPH: 1, OTHER: 2}.get(self.movement, 0)


def find_movement(text: str) -> str | None:
    """The movement, OTHER or PHOTOGRAPH that is meant, whatever its case and the space around it.

    Returns:
        None if it is none of them.
    """
    return _MOVEMENTS.get(text.strip().casefold())


def check_split(place: str, name: str) -> str:
    """The name of a split.

    Args:
        place: where it was read, for the sentence.
        name: to be checked.

    Raises:
        UserError: there is no such split.
    """
    if name not in SPLITS:
        raise UserError(f"{place}: there is no split {name!r}, only {', '.join(SPLITS)}.")
    return name


def write_manifest(path: Path, records: list[Record]) -> None:
    """Write records as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Record)])
        writer.writeheader()
        writer.writerows(asdict(record) for record in records)


def read_manifest(path: Path) -> list[Record]:
    """Read records from CSV; unknown columns are ignored.

    Raises:
        UserError: there is no picture, a movement or split is unknown, or a column is missing.
    """
    names = [field.name for field in fields(Record)]
    records = []
    for place, row in read_table(path, "path", "movement", "split"):
        known = {name: row[name] for name in names if name in row}
        movement = find_movement(row["movement"])
        if not movement:
            raise UserError(
                f"{place}: there is no movement {row['movement']!r}, only"
                f" {', '.join(_MOVEMENTS.values())}."
            )
        if not row["path"]:
            raise UserError(f"{place}: the column 'path' is empty.")
        check_split(place, row["split"])
        records.append(Record(**known | {"movement": movement}))
    if not records:
        raise UserError(f"{path} lists no picture; please make it with training.data.")
    return records


def read_table(path: Path, *needed: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of a CSV file with a head, in UTF-8 with or without a byte-order mark.

    Args:
        path: the file.
        needed: columns that must be there.

    Yields:
        Where the row stands ("index.csv, line 7"), and its cells by column; missing ones are "".

    Raises:
        UserError: a column is missing, or the file is no CSV in UTF-8.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        try:
            columns = rows.fieldnames or ()
            for name in needed:
                if name not in columns:
                    there = ", ".join(columns) or "none"
                    raise UserError(
                        f"{path} lacks the column {name!r} (its columns: {there:.200});"
                        " please add it."
                    )
            for row in rows:
                cells = {name: row[name] or "" for name in columns}
                yield f"{path}, line {rows.line_num}", cells
        except UnicodeDecodeError as error:
            raise UserError(f"{path} is not text in UTF-8; please save it as such.") from error
        except csv.Error as error:
            raise UserError(f"{path} is damaged at line {rows.line_num} ({error}).") from error
