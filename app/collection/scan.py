"""Finding the pictures below a folder, without opening them."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import UserError
from training.common.signatures import SUFFIXES


@dataclass(frozen=True)
class Source:
    """A file that may be a picture.

    Attributes:
        name: what it is called, unique in its collection.
        path: where it lies on this machine.
        size: in bytes.
        modified: when it was changed last, in nanoseconds since 1970.
        url: where it lies otherwise, see `app.collection.remote`; empty if it has a path.
    """

    name: str
    path: Path = Path()
    size: int = 0
    modified: int = 0
    url: str = ""


@dataclass(frozen=True)
class Failure:
    """What could not be read, and why in one sentence."""

    name: str
    problem: str


def find_pictures(folder: Path, most: int | None = None) -> tuple[list[Source], list[Failure]]:
    """Files below a folder that are called like pictures, in the order of their names.

    What is hidden (its name begins with a dot) is passed over, and links to folders are not
    followed, so that a circle of them has an end.

    Args:
        folder: where to look; sources are named by their full paths.
        most: look no further once more than this many are found.

    Returns:
        Sources, and what could not be looked at.

    Raises:
        UserError: there is no such folder, or it cannot be opened.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}; please name another one.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UserError(f"The folder {folder} may not be opened; please name another one.")
    sources: list[Source] = []
    failures: list[Failure] = []
    for path in _walk(folder.resolve(), failures):
        try:
            facts = path.stat()
            str(path).encode()
        except OSError as error:
            failures.append(Failure(str(path), _why(error)))
            continue
        except UnicodeEncodeError:
            name = os.fsencode(path).decode(errors="replace")
            failures.append(Failure(name, "Its name is not valid text; please rename it."))
            continue
        if stat.S_ISREG(facts.st_mode):  # Opening a pipe would wait for ever.
            sources.append(Source(str(path), path, facts.st_size, facts.st_mtime_ns))
        if most is not None and len(sources) > most:
            break
    return sources, failures


def _walk(folder: Path, failures: list[Failure]) -> Iterator[Path]:
    """Names of pictures, without opening them; folders that cannot be opened are noted."""

    def note(error: OSError) -> None:
        failures.append(Failure(str(error.filename), _why(error)))

    for place, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(place, name)


def _why(error: OSError) -> str:
    return f"It could not be opened ({(error.strerror or 'unknown reason').lower()})."
