"""Translation of what a person reads, by GNU gettext.

Strings are marked where they stand, `_("Choose a picture")`, and one file gathers them:
locale/deep_brush.pot, written by `python -m export.assets.messages`, which also says how a
translation is made. A translation is used where the server's language, as LANGUAGE or LANG say it,
has one in locale/LANGUAGE/LC_MESSAGES/deep_brush.mo; else the page is in English.
"""

import gettext as _gettext
from pathlib import Path

DOMAIN = "deep_brush"
LOCALE = Path(__file__).parent / "locale"

_translation = _gettext.translation(DOMAIN, LOCALE, fallback=True)

gettext = _translation.gettext
"""A string in the server's language; modules import it as `_`, which marks the string."""

ngettext = _translation.ngettext
"""The same for "1 picture" and "2 pictures", see the standard library's `gettext.ngettext`."""
