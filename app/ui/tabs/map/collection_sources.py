"""Where a visitor's own pictures come from: uploaded files, or a folder of this computer.

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
from app.translation import gettext as _
from app.ui.access import host_name
from app.ui.context import AppContext

MAX_PICTURES = 500
"""Pictures in a collection; for more there is `python -m app.collection`."""

_ANY_NUMBER = _("`python -m app.collection index FOLDER --store STORE` reads any number")

_VIA_PROXY = ("x-forwarded-", "x-real-ip", "x-client-ip", "cf-connecting-ip", "forwarded", "via")
"""How the names of headers begin that a reverse proxy adds."""


def uploaded(context: AppContext, uploads: object) -> list[Source]:
    """The files of an upload.

    Args:
        context: tells where they lie.
        uploads: JSON from a client, so anything at all.

    Raises:
        UserError: there are none or too many, or something in it is no upload.
    """
    if not isinstance(uploads, list) or not 1 <= len(uploads) <= MAX_PICTURES:
        sentence = _("Please upload from 1 to {count} pictures at once; {more}.")
        raise UserError(sentence.format(count=MAX_PICTURES, more=_ANY_NUMBER))
    return [Source(context.upload_title(each), Path(context.upload_path(each))) for each in uploads]


def in_folder(
    text: object, request: gr.Request, settings: Settings
) -> tuple[list[Source], list[Failure]]:
    """The pictures below a folder of this computer, called by their paths inside it.

    Args:
        text: JSON from a client, so anything at all; the folder in full.
        request: of the event, which tells from where it comes.
        settings: may allow requests that came through a reverse proxy.

    Returns:
        Sources, and files and folders that cannot be opened.

    Raises:
        UserError: there is no such folder, it holds no pictures or too many, or the request comes
            from elsewhere.
    """
    if not (settings.folders_behind_proxy or is_from_here(request)):
        raise UserError(_("Only the person at this computer can name a folder of it."))
    folder = Path(str(text or "").strip()).expanduser()
    if not folder.is_absolute():
        raise UserError(_("Please name the folder in full, from the root of the disk on."))
    found, failures = find_pictures(folder, MAX_PICTURES)
    if len(found) > MAX_PICTURES:
        sentence = _("There are more than {count} pictures in {folder}; {more}.")
        raise UserError(sentence.format(count=MAX_PICTURES, folder=folder, more=_ANY_NUMBER))
    if not found:
        sentence = _("There are no pictures in {folder}; please name another folder.")
        raise UserError(sentence.format(folder=folder))
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
    if any(name.lower().startswith(_VIA_PROXY) for name in headers):
        return False
    sites = [headers.get("host", ""), *filter(None, [headers.get("origin")])]
    return all(host_name(site) in LOOPBACK for site in sites)
