"""Weights from the internet: fetched once, checked, and kept where torch.hub keeps them.

torch.hub itself downloads as well, but shows its progress to nobody but a terminal.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import URLError
from urllib.request import Request, urlopen

import torch
from tqdm import tqdm

CHUNK = 1 << 20
SILENCE = 30.0
"""Seconds without a byte after which a download has failed."""

Report = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


class DownloadError(OSError):
    """A file could not be fetched; or, where it is `damaged`, is not the one that was meant."""

    def __init__(self, message: str, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


def fetch(url: str, report: Report | None = None) -> Path:
    """A file from the internet, or from the last time.

    Args:
        url: its name ends in `-` and the first digits of the file's SHA-256, as torchvision's do.
        report: called as the download goes on; without it, a bar shows in the terminal.

    Raises:
        DownloadError: it could not be fetched, or its checksum is another one.
        OSError: it could not be written.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, so that two processes may download at once and neither harms the other.
    handle, partial = tempfile.mkstemp(".partial", path.name, path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            digest = _copy(url, file, report)
        if not digest.startswith(path.stem.rsplit("-", 1)[1]):
            raise DownloadError(f"what came from {url} is damaged, its SHA-256: {digest}", True)
        os.replace(partial, path)
    finally:
        with suppress(FileNotFoundError):
            os.remove(partial)
    return path


def _copy(url: str, file: BinaryIO, report: Report | None) -> str:
    """Download into a file; its SHA-256."""
    digest = hashlib.sha256()
    request = Request(url, headers={"User-Agent": "torch.hub"})
    try:
        with urlopen(request, timeout=SILENCE) as source:
            total = int(source.headers.get("Content-Length") or 0)
            with tqdm(total=total, unit="B", unit_scale=True, disable=report is not None) as bar:
                done = 0
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    done += file.write(chunk)
                    bar.update(len(chunk))
                    if report and total:
                        report(done / total)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise DownloadError(f"{url} could not be downloaded: {error}") from error
    return digest.hexdigest()
