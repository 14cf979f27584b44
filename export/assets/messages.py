"""Gather the strings that a person reads into app/locale/deep_brush.pot, for translators.

    python -m export.assets.messages

Strings are marked in the app's code, see `app.translation`. A translation is begun with
`pybabel init -D deep_brush -i app/locale/deep_brush.pot -d app/locale -l de`, followed up with
`pybabel update` and made ready for the app with `pybabel compile -D deep_brush -d app/locale`.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from app.translation import DOMAIN, LOCALE
from training.common.files import save_atomically

SOURCES = Path("app")
TEMPLATE = LOCALE / f"{DOMAIN}.pot"


def gather(folder: Path) -> Catalog:
    """All marked strings of the Python files below a folder.

    Babel's own extractor sees none that stand inside f-strings where these are one token, which
    they are before Python 3.12.
    """
    catalog = Catalog(project="Deep Brush", version="0.1", copyright_holder="its authors")
    for path in sorted(folder.rglob("*.py")):
        for line, message in marked(ast.parse(path.read_text(encoding="utf-8"))):
            catalog.add(message, locations=[(path.as_posix(), line)])
    return catalog


def marked(module: ast.Module) -> Iterator[tuple[int, str | tuple[str, str]]]:
    """Line and text of all marked strings; singular and plural of those that have both.

    Raises:
        ValueError: something other than a string is marked, which cannot be translated.
    """
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = {"_": 1, "ngettext": 2}.get(node.func.id)
        if count is None:
            continue
        texts = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
        match texts[:count]:
            case [str(text)]:
                yield node.lineno, text
            case [str(singular), str(plural)]:
                yield node.lineno, (singular, plural)
            case _:
                raise ValueError(f"line {node.lineno}: only whole strings can be translated")


def main() -> None:
    """Write the template."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    catalog = gather(SOURCES)
    TEMPLATE.parent.mkdir(exist_ok=True)

    def write(path: Path) -> None:
        with path.open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, sort_by_file=True)

    save_atomically(TEMPLATE, write)
    print(f"{TEMPLATE.name}: {len(catalog)} strings")


if __name__ == "__main__":
    main()
