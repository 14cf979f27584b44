"""Held-out pictures that a network may have learned from all the same.

A network that goes on from another's weights inherits what that one was trained on, and if that had
another split, some of the pictures that are held out now. A CSV with the column file names them.
"""

from pathlib import Path
from typing import Any

import numpy as np

from training.data import PHOTOGRAPH, TEST_SPLITS, Record
from training.data.tables import read_table


def read_seen(path: Path) -> set[str]:
    """Names of files, without folders, from a CSV with the column file.

    Raises:
        UserError: the column is missing, or the file is no CSV in UTF-8.
    """
    return {Path(row["file"]).name for _, row in read_table(path, "file")}


def leave_out(records: list[Record], seen: set[str]) -> tuple[list[Record], dict[str, Any]]:
    """Held-out pictures without the paintings that the network may have learned from.

    Photographs stay, since few others may remain: the share of them that may have been learned
    from is to be told with their figures.

    Args:
        records: of the held-out splits.
        seen: names of files, without folders.

    Returns:
        The pictures to measure on, and what to say of them: `paintings`, the number left out, and
        `photographs`, the share of 0..1 of the photographs in the tests that may have been seen.
    """
    kept, photographs = [], []
    for record in records:
        known = Path(record.path).name in seen
        if record.movement == PHOTOGRAPH and record.split in TEST_SPLITS:
            photographs.append(known)
        if not known or record.movement == PHOTOGRAPH:
            kept.append(record)
    share = float(np.mean(photographs)) if photographs else 0.0
    return kept, {"paintings": len(records) - len(kept), "photographs": share}


def count_seen(records: list[Record], seen: set[str]) -> dict[str, int]:
    """How many paintings of each test, of the movements, are among some files' names."""
    known = [r.split for r in records if r.label >= 0 and Path(r.path).name in seen]
    return {name: known.count(name) for name in TEST_SPLITS}
