"""Pictures that lie elsewhere: in S3, or wherever else fsspec can look.

What a place needs besides its URL, such as keys or an endpoint, is configured as its own tools want
it (`AWS_PROFILE`, `AWS_ENDPOINT_URL` and so on for S3), or as fsspec wants it (`FSSPEC_S3_ANON`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from app.collection.scan import Source
from app.errors import UserError
from training.common.signatures import SUFFIXES

_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "created")
"""What file systems call the time of the last change, the better names first."""


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
