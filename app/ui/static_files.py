"""Pictures that are the same for every visitor, as files that a browser fetches once and keeps.

Their addresses hold a digest of the content, so they can be kept for good. An upload has no
address: it goes into that visitor's page alone, see `app.ui.components.widgets.data_uri`.
"""

import base64
import hashlib
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOLDER = "pictures"
"""Their folder, relative to the page."""

_INLINE = re.compile(r"data:image/webp;base64,([A-Za-z0-9+/]+=*)")
_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg"}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
_FILES: dict[str, bytes | Path] = {}  # By name; only files of the app itself are ever added.


def share(content: bytes, suffix: str = ".webp") -> str:
    """Address of a picture that anybody may see, relative to the page.

    Args:
        content: the file.
        suffix: ".webp" or ".jpg".
    """
    return _add(content, content, suffix)


def share_file(file: Path) -> str:
    """The same for a file on disk, which is read again whenever it is asked for."""
    return _add(file.read_bytes(), file, file.suffix)


def share_inline(html: str) -> str:
    """The same HTML or `src`, with addresses instead of the WebP pictures written into it."""
    return _INLINE.sub(lambda found: share(base64.b64decode(found[1])), html)


def _add(content: bytes, source: bytes | Path, suffix: str) -> str:
    name = hashlib.sha256(content).hexdigest()[:20] + suffix
    _FILES[name] = source
    return f"{FOLDER}/{name}"


async def _send(request: Request) -> Response:
    name = request.path_params["name"]
    source = _FILES.get(name)
    if source is None:
        return Response("There is no such picture.", 404)
    kind = _TYPES[Path(name).suffix]
    if isinstance(source, Path):
        return FileResponse(source, media_type=kind, headers=_KEPT)
    return Response(source, media_type=kind, headers=_KEPT)


ROUTES = [Route(f"/{FOLDER}/{{name}}", _send)]
"""For the server to answer before Gradio does."""
