"""Where a visitor's own pictures come from: files that were brought, or a folder of this computer.

A folder can only be named where the page is for people at this computer alone: strangers have no
business in the folders of a server.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr

from app.collection.scan import Failure, Source, find_pictures
from app.errors import UserError
from app.settings import Settings
from app.ui.house import House

MOST = 500
"""Pictures in a collection; for more there is `python -m app.collection`."""

_ALL_OF_THEM = "`python -m app.collection index FOLDER --store STORE` takes in any number"

_HERE = ("127.0.0.1", "localhost", "::1")
_PASSED_ON = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


def uploaded(house: House, uploads: object) -> list[Source]:
    """The files of an upload.

    Args:
        house: what knows where they lie.
        uploads: JSON from a client, so anything at all.

    Raises:
        UserError: there are none or too many, or something in it is no upload.
    """
    if not isinstance(uploads, list) or not 1 <= len(uploads) <= MOST:
        raise UserError(f"Please bring from 1 to {MOST} pictures at once; {_ALL_OF_THEM}.")
    return [Source(house.title(each), Path(house.path(each))) for each in uploads]


def in_folder(text: object, request: gr.Request) -> tuple[list[Source], list[Failure]]:
    """The pictures below a folder of this computer, called by their paths inside it.

    Args:
        text: how the folder was named.
        request: who asks.

    Returns:
        Sources, and what could not be looked at.

    Raises:
        UserError: there is no such folder, it holds no pictures or too many, or the request comes
            from elsewhere.
    """
    if not is_from_here(request):
        raise UserError("Only the person at this computer can name a folder of it.")
    folder = Path(str(text or "").strip()).expanduser()
    if not folder.is_absolute():
        raise UserError("Please name the folder in full, from the root of the disk on.")
    found, failures = find_pictures(folder, MOST)
    if len(found) > MOST:
        raise UserError(f"There are more than {MOST} pictures in {folder}; {_ALL_OF_THEM}.")
    if not found:
        raise UserError(f"There are no pictures in {folder}; please name another folder.")
    top = folder.resolve()
    return [Source(str(each.path.relative_to(top)), each.path) for each in found], failures


def is_private(settings: Settings, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the page can only be seen at this computer."""
    return settings.host in _HERE and not settings.share and not environ.get("SPACE_ID")


def is_from_here(request: gr.Request) -> bool:
    """Whether a request was made on this computer, and reached us through no other server."""
    headers, client = request.headers, request.client
    if client is None or client.host not in _HERE or any(name in headers for name in _PASSED_ON):
        return False
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname in _HERE
    except ValueError:  # such as "[::1"
        return False
