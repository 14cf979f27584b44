"""Which pictures there are, what they are, and which of them a network may learn from.

`python -m training.data` makes a manifest, a CSV with a row for each picture; `read_manifest` reads
it.
"""

from training.common.decoding import load_picture
from training.common.duplicates import difference_hash, near_duplicates
from training.data.records import (
    OTHER,
    PHOTOGRAPH,
    SPLITS,
    TEST_SPLITS,
    Record,
    read_manifest,
    write_manifest,
)
from training.data.scanning import scan, scan_photographs
from training.data.splits import read_splits, share, split

__all__ = [
    "OTHER",
    "PHOTOGRAPH",
    "SPLITS",
    "TEST_SPLITS",
    "Record",
    "difference_hash",
    "load_picture",
    "near_duplicates",
    "read_manifest",
    "read_splits",
    "scan",
    "scan_photographs",
    "share",
    "split",
    "write_manifest",
]
