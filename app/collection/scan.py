"""Finding the pictures below a folder or a URL, without opening them; fetching those of a URL.

A URL may lead to S3, or to any other place that fsspec knows. What a place needs besides, such as
keys or an endpoint, is configured as its own tools want it (`AWS_PROFILE`, `AWS_ENDPOINT_URL` and
so on for S3), or as fsspec wants it (`FSSPEC_S3_ANON`).
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from app.errors import UserError, system_reason
from app.translation import gettext as _
from training.common.signatures import SUFFIXES

_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "created")
"""What file systems call the time of the last change, the better names first."""


@dataclass(frozen=True)
class Source:
    """A file that may be a picture.

    Attributes:
        name: what it is called, unique in its collection.
        path: where it lies on this machine.
        size: in bytes.
        modified: when it was changed last, in nanoseconds since 1970.
        url: where it lies otherwise, for fsspec; empty if it has a path.
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
        folder: the folder; sources are named by their full paths.
        most: end once more than this many are found.

    Returns:
        Sources, and files and folders that cannot be opened.

    Raises:
        UserError: there is no such folder, or it cannot be opened.
    """
    if not folder.is_dir():
        sentence = _("There is no folder {folder}; please name another one.")
        raise UserError(sentence.format(folder=folder))
    if not os.access(folder, os.R_OK | os.X_OK):
        sentence = _("The folder {folder} may not be opened; please name another one.")
        raise UserError(sentence.format(folder=folder))
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
            failures.append(Failure(name, _("Its name is not valid text; please rename it.")))
            continue
        if stat.S_ISREG(facts.st_mode):  # Opening a pipe would block.
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
    return _("It could not be opened ({reason}).").format(reason=system_reason(error))


def find_remote(url: str) -> list[Source]:
    """Files below a URL that are called like pictures, in the order of their names.

    What is hidden is passed over, as in `find_pictures`. A size and a time come with the listing:
    no file is asked for.

    Args:
        url: of a folder, such as "s3://bucket/scans"; sources are named by their URLs.

    Raises:
        UserError: the place cannot be reached or listed, or a package is missing for it.
    """
    with _in_words(url):
        from fsspec.core import url_to_fs

        system, root = url_to_fs(url)
        system.invalidate_cache()
        found = system.find(root, detail=True)
    sources = []
    for path, facts in found.items():
        inside = path.removeprefix(root).strip("/")
        parts = PurePosixPath(inside).parts
        if not any(part.startswith(".") for part in parts) and _is_picture(inside):
            name = f"{below(url)}{inside}"
            sources.append(Source(name, size=facts["size"], modified=_changed(facts), url=name))
    return sorted(sources, key=lambda source: source.name)


def below(url: str) -> str:
    """What the names of all sources below a URL begin with."""
    return f"{url.rstrip('/')}/"


def fetch(source: Source, max_bytes: int) -> bytes:
    """The content of a file that has a URL, and no more than one byte over the limit.

    Raises:
        UserError: it cannot be fetched.
    """
    with _in_words(source.url):
        from fsspec.core import url_to_fs

        system, path = url_to_fs(source.url)
        end = max_bytes + 1 if source.size > max_bytes else None
        return bytes(system.cat_file(path, end=end))


def _is_picture(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def _changed(facts: Mapping[str, Any]) -> int:
    """When a file was changed last, in nanoseconds since 1970; 0 if the file system knows not."""
    value = next((facts[name] for name in _CHANGED if facts.get(name)), None)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        value = aware.timestamp()
    return int(1e9 * value) if isinstance(value, int | float) else 0


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    """Say in a sentence why a place cannot be read."""
    try:
        yield
    except ImportError as error:
        raise UserError(
            f"Reading {url} needs a package that is not installed ({error}); those for S3 come with"
            " `pip install -r requirements/ray.txt`."
        ) from error
    except Exception as error:  # Each file system raises what its own client raises.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"{url} could not be read ({reason.rstrip('.')}); please check the address and your"
            " access to it."
        ) from error
