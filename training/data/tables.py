"""CSV files that people write, with their faults named by file and line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from training.common.errors import UserError


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
        reader = csv.DictReader(file)
        try:
            columns = reader.fieldnames or ()
            for name in needed:
                if name not in columns:
                    there = ", ".join(columns) or "none"
                    raise UserError(
                        f"{path} lacks the column {name!r} (its columns: {there:.200});"
                        " please add it."
                    )
            for row in reader:
                cells = {name: row[name] or "" for name in columns}
                yield f"{path}, line {reader.line_num}", cells
        except UnicodeDecodeError as error:
            raise UserError(f"{path} is not text in UTF-8; please save it as such.") from error
        except csv.Error as error:
            raise UserError(f"{path} is damaged at line {reader.line_num} ({error}).") from error
