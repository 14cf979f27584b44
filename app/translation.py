"""Translation of what a person reads, by GNU gettext.

Strings are marked where they stand, `_("Choose a picture")`, and gathered in locale/deep_brush.pot:

    pybabel extract --no-location --omit-header -o app/locale/deep_brush.pot app

A translation is locale/LANGUAGE/LC_MESSAGES/deep_brush.mo, made by `pybabel init` and
`pybabel compile`. The language is the server's, as LANGUAGE
or LANG say it.
"""

import gettext as _gettext
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"

_translation = _gettext.translation("deep_brush", LOCALE, fallback=True)

gettext = _translation.gettext
"""A string in the server's language; modules import it as `_`, which marks the string."""

ngettext = _translation.ngettext
"""The same for "1 picture" and "2 pictures", see the standard library's `gettext.ngettext`."""
