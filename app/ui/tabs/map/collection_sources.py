"""Where a visitor's own pictures come from: files that were brought, or a folder of this computer.

A folder can only be named where the page is for people at this computer alone: strangers have no
business in the folders of a server. A reverse proxy lets strangers in, unless whoever runs it says
that it does not.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import gradio as gr

from app.collection.scan import Failure, Source, find_pictures
from app.errors import UserError
from app.settings import LOOPBACK, Settings
from app.ui.access import host_name
from app.ui.context import AppContext

MOST = 500
"""Pictures in a collection; for more there is `python -m app.collection`."""

_ALL_OF_THEM = "`python -m app.collection index FOLDER --store STORE` takes in any number"

_PASSED_ON = ("x-forwarded-", "x-real-ip", "x-client-ip", "cf-connecting-ip", "forwarded", "via")
"""How headers begin that a server adds which passes requests on."""


def uploaded(context: AppContext, uploads: object) -> list[Source]:
    """The files of an upload.

    Args:
        context: what knows where they lie.
        uploads: JSON from a client, so anything at all.

    Raises:
        UserError: there are none or too many, or something in it is no upload.
    """
    if not isinstance(uploads, list) or not 1 <= len(uploads) <= MOST:
        raise UserError(f"Please upload from 1 to {MOST} pictures at once; {_ALL_OF_THEM}.")
    return [Source(context.upload_title(each), Path(context.upload_path(each))) for each in uploads]


def in_folder(
    text: object, request: gr.Request, settings: Settings
) -> tuple[list[Source], list[Failure]]:
    """The pictures below a folder of this computer, called by their paths inside it.

    Args:
        text: how the folder was named.
        request: who asks.
        settings: they may let in whom a reverse proxy lets in.

    Returns:
        Sources, and what could not be looked at.

    Raises:
        UserError: there is no such folder, it holds no pictures or too many, or the request comes
            from elsewhere.
    """
    if not (settings.folders_behind_proxy or is_from_here(request)):
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
    proxied = settings.root_path and not settings.folders_behind_proxy
    return (
        settings.host in LOOPBACK
        and not settings.share
        and not environ.get("SPACE_ID")
        and not proxied
    )


def is_from_here(request: gr.Request) -> bool:
    """Whether a request was made on this computer, and reached us through no other server.

    A proxy that adds no header of its own still passes on from which site a browser's page is.
    """
    headers, client = request.headers, request.client
    if client is None or client.host not in LOOPBACK:
        return False
    if any(name.lower().startswith(_PASSED_ON) for name in headers):
        return False
    sites = [headers.get("host", ""), *filter(None, [headers.get("origin")])]
    return all(host_name(site) in LOOPBACK for site in sites)
