"""What other sites and search engines show of the page: title, description, picture and icon.

Gradio writes these into its HTML, with its own name and a picture from another site; what
`launch(head=...)` adds is inserted by script, which they do not run. So its templates are changed.
"""

import io
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from gradio.routes import templates
from jinja2 import BaseLoader, ChoiceLoader, DictLoader
from PIL import Image, ImageOps

from app.translation import gettext as _
from app.ui.static_files import share

TITLE = "Deep Brush"
DESCRIPTION = _(
    "See which movement a painting belongs to and why, look into the network that says so, and"
    " paint photographs in the style of any painting."
)

_PAGES = ("frontend/index.html", "frontend/share.html")  # The second is behind a public link.
_CHARSET = '<meta charset="utf-8" />'  # Some sites do not read past Gradio's settings.
_SIZE, _COLUMNS, _ROWS = (1200, 630), 7, 4  # The size that sites ask for.
_GRADIO_TEMPLATES: BaseLoader = templates.env.loader  # type: ignore[assignment]  # It has one.
_GRADIO_METAS = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')


def set_link_preview(thumbnails: Sequence[Path]) -> None:
    """Set the link preview of all pages of this process, with a picture made of thumbnails."""
    head = _head(share(_mosaic(thumbnails), ".jpg"))
    changed = {}
    for page in _PAGES:
        source = _GRADIO_TEMPLATES.get_source(templates.env, page)[0]
        changed[page] = _GRADIO_METAS.sub("", source).replace(_CHARSET, _CHARSET + head)
    templates.env.loader = ChoiceLoader([DictLoader(changed), _GRADIO_TEMPLATES])


def _head(picture: str) -> str:
    width, height = _SIZE
    facts = {
        "og:type": "website",
        "og:site_name": TITLE,
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:url": "{{ config['root'] }}/",
        "og:image": f"{{{{ config['root'] }}}}/{picture}",
        "og:image:width": width,
        "og:image:height": height,
        "og:image:alt": _("Textures in the styles of famous paintings"),
    }
    metas = "".join(
        f'<meta property="{name}" content="{escape(str(value), quote=False)}" />'
        for name, value in facts.items()
    )
    return (
        f"<title>{TITLE}</title>"
        f'<meta name="description" content="{escape(DESCRIPTION)}" />'
        f'{metas}<meta name="twitter:card" content="summary_large_image" />'
        '<link rel="icon" type="image/svg+xml" href="./favicon.ico" />'
    )


def _mosaic(thumbnails: Sequence[Path]) -> bytes:
    """The thumbnails side by side, as a JPEG: not every site can show a WebP."""
    mosaic = Image.new("RGB", _SIZE)
    for place in range(_COLUMNS * _ROWS):
        row, column = divmod(place, _COLUMNS)
        left, right = (_SIZE[0] * edge // _COLUMNS for edge in (column, column + 1))
        top, bottom = (_SIZE[1] * edge // _ROWS for edge in (row, row + 1))
        with Image.open(thumbnails[place % len(thumbnails)]) as tile:
            box = (right - left, bottom - top)
            mosaic.paste(ImageOps.fit(tile.convert("RGB"), box), (left, top))
    file = io.BytesIO()
    mosaic.save(file, "JPEG", quality=82, optimize=True)
    return file.getvalue()
