"""Which pictures a network learns from, and which are kept to measure it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from training.common.decoding import read_content
from training.common.duplicates import linked_groups
from training.common.errors import UserError
from training.data.records import PHOTOGRAPH, SPLITS, TEST_SPLITS, Record, check_split, read_table

ARTISTS_HELD_OUT = 0.13
TEST = 0.13
VALIDATION = 0.06
"""Shares: of artists kept apart, then of the remaining paintings. See `split`."""

Pairs = Sequence[tuple[int, int]]
"""Near-duplicates, as positions."""


def read_splits(path: Path) -> dict[str, str]:
    """Splits by file name, from a CSV with the columns file and split.

    Raises:
        UserError: a split is unknown, a name has two, or the file is no such CSV.
    """
    named: dict[str, str] = {}
    for place, row in read_table(path, "file", "split"):
        name = Path(row["file"].replace("\\", "/")).name
        if named.setdefault(name, check_split(place, row["split"])) != row["split"]:
            raise UserError(f"{place}: {name} is in {named[name]} already; names must differ.")
    return named


def split(
    records: list[Record],
    pairs: Pairs,
    seed: int = 0,
    named: dict[str, str] | None = None,
) -> list[Record]:
    """Assign every record to train, validation, test or test_artists.

    One assignment serves both questions: "test" holds unseen paintings by artists whose other
    paintings may be in train; "test_artists" holds all paintings of artists of whom nothing else
    is used. A picture's place depends on a hash of its group's name alone (artist and title, where
    it has none the file's content), so it stays where it is when others are added, wherever its
    file lies, whatever the library versions.

    Args:
        records: the pictures.
        pairs: near-duplicates; they always share a split.
        seed: another seed, another split.
        named: splits by file name, which a published split gives. They, and the splits that
            records have already, stay as they are; what shows the same painting as one of them
            follows it, and so do other paintings by artists of test_artists.

    Raises:
        UserError: a file has to be read for its content's hash and cannot be.
    """
    paintings, artists = _paintings(records, pairs), _artists(records, pairs)
    given = [record.split or (named or {}).get(Path(record.path).name, "") for record in records]
    of_painting, of_artist = _strictest(paintings, given), _strictest(artists, given)
    result = []
    for record, painting, artist, name in zip(records, paintings, artists, given, strict=True):
        unseen = share(f"{seed} artist {artist}") < ARTISTS_HELD_OUT
        if name or painting in of_painting:
            name = name or of_painting[painting]
        elif of_artist.get(artist, "test_artists" if unseen else "") == "test_artists":
            name = "test_artists"
        else:
            place = share(f"{seed} painting {painting}")
            held_out = "test" if place < TEST else "validation"
            name = held_out if place < TEST + VALIDATION else "train"
        result.append(replace(record, split=name))
    return result


def contradictions(records: Sequence[Record], pairs: Pairs) -> list[tuple[int, int]]:
    """Those near-duplicates that are labelled with different movements."""
    return [(i, j) for i, j in pairs if records[i].movement != records[j].movement]


def leaked_paintings(records: list[Record], pairs: Pairs) -> list[tuple[int, int]]:
    """Where given splits may let a network see a painting that it is measured on.

    Args:
        records: the pictures, with their splits.
        pairs: near-duplicates.

    Returns:
        Positions of a picture in train and of a held-out one of the same content, or of the same
        artist and title; and of near-duplicates in train and held out.
    """
    found: dict[int, int] = {}
    in_train = [record.split == "train" for record in records]
    for keys in ([r.content or r.path for r in records], [_painting(r) for r in records]):
        held_out = {key: i for i, key in enumerate(keys) if not in_train[i]}
        for i, key in enumerate(keys):
            if in_train[i] and key in held_out:
                found.setdefault(i, held_out[key])
    for i, j in pairs:
        if in_train[i] != in_train[j]:
            found.setdefault(*((i, j) if in_train[i] else (j, i)))
    return list(found.items())


def leaked_artists(records: list[Record]) -> list[tuple[int, int]]:
    """Where given splits let a network see an artist who must be unseen.

    Returns:
        Positions of a picture in another split and of one in test_artists by the same artist.
    """
    unseen = {r.artist: i for i, r in enumerate(records) if r.artist and r.split == "test_artists"}
    return [
        (i, unseen[record.artist])
        for i, record in enumerate(records)
        if record.split != "test_artists" and record.artist in unseen
    ]


def _strictest(groups: list[str], given: list[str]) -> dict[str, str]:
    """Of each group that has given splits the one furthest from training."""
    found: dict[str, str] = {}
    for group, name in zip(groups, given, strict=True):
        if name:
            found[group] = max(found.get(group, name), name, key=SPLITS.index)
    return found


def _paintings(records: list[Record], pairs: Pairs) -> list[str]:
    return _components(records, pairs, _painting)


def _artists(records: list[Record], pairs: Pairs) -> list[str]:
    return _components(records, pairs, lambda r: r.artist or _content(r))


def _painting(record: Record) -> object:
    return (record.artist, record.title) if record.title else _content(record)


def _content(record: Record) -> str:
    if record.content:
        return record.content
    try:
        return hashlib.sha256(read_content(record.path)).hexdigest()
    except UserError as error:
        raise UserError(f"{record.path}: {error}") from error


def _components(records: list[Record], pairs: Pairs, key: Callable[[Record], object]) -> list[str]:
    """For each record the name of its group: linked are equal keys, contents, near-duplicates."""
    names = [repr(key(record)) for record in records]
    contents = [record.content or name for record, name in zip(records, names, strict=True)]
    links = [*pairs, *_equal(names), *_equal(contents)]
    components = linked_groups(np.array(links, np.int64).reshape(-1, 2).T, len(names))
    smallest: dict[int, str] = {}
    for component, name in zip(components, names, strict=True):
        smallest[component] = min(smallest.get(component, name), name)
    return [smallest[component] for component in components]


def _equal(values: list[str]) -> list[tuple[int, int]]:
    """Every position and the first one that has the same value."""
    first = {value: i for i, value in reversed(list(enumerate(values)))}
    return [(i, first[value]) for i, value in enumerate(values)]


def share(name: str) -> float:
    """A number in [0,1) that depends on the name alone, whatever the library versions."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64


def read_seen(path: Path) -> set[str]:
    """Names of files that a network may have learned from, from a CSV with the column file.

    A network that goes on from another's weights inherits what that one was trained on, and if that
    had another split, some of the pictures that are held out now.

    Raises:
        UserError: the column is missing, or the file is no CSV in UTF-8.
    """
    return {Path(row["file"]).name for _, row in read_table(path, "file")}


def leave_out(records: list[Record], seen: set[str]) -> tuple[list[Record], dict[str, Any]]:
    """Held-out pictures without the paintings that the network may have learned from.

    Photographs stay, since few others may remain: the share of them that may have been learned
    from is to be stated with their figures.

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
    seen_share = float(np.mean(photographs)) if photographs else 0.0
    return kept, {"paintings": len(records) - len(kept), "photographs": seen_share}


def count_seen(records: list[Record], seen: set[str]) -> dict[str, int]:
    """How many paintings of each test, of the movements, are among some files' names."""
    known = [r.split for r in records if r.label >= 0 and Path(r.path).name in seen]
    return {name: known.count(name) for name in TEST_SPLITS}
