"""What a program imports, found without running it."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MISSING = ("ImportError", "ModuleNotFoundError")


@dataclass(frozen=True)
class Import:
    """One name that a file imports.

    Attributes:
        module: with dots; may also be a name inside a module.
        optional: whether the file catches that it is missing.
    """

    module: str
    optional: bool

    @property
    def package(self) -> str:
        """The outermost one."""
        return self.module.split(".")[0]


class _Finder(ast.NodeVisitor):
    """Collects imports wherever they stand, in functions too, but for those of type checkers."""

    def __init__(self) -> None:
        self.found: set[Import] = set()
        self._optional = False

    def visit_Import(self, node: ast.Import) -> None:
        self._add(*(alias.name for alias in node.names))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.module is not None, "relative imports are not followed"
        self._add(node.module, *(f"{node.module}.{alias.name}" for alias in node.names))

    def visit_Try(self, node: ast.Try) -> None:
        caught = {
            name.id
            for handler in node.handlers
            if handler.type is not None
            for name in ast.walk(handler.type)
            if isinstance(name, ast.Name)
        }
        before, self._optional = self._optional, self._optional or bool(caught & set(_MISSING))
        for statement in node.body:
            self.visit(statement)
        self._optional = before
        after: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
        for child in after:
            self.visit(child)

    def visit_If(self, node: ast.If) -> None:
        checked = "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.orelse if checked else [*node.body, *node.orelse]:
            self.visit(child)

    def _add(self, *modules: str) -> None:
        self.found |= {Import(module, self._optional) for module in modules}


@cache
def imports_of(file: Path) -> frozenset[Import]:
    """All that a file imports, the standard library left out."""
    finder = _Finder()
    finder.visit(ast.parse(file.read_text(encoding="utf-8"), str(file)))
    return frozenset(i for i in finder.found if i.package not in sys.stdlib_module_names)


def reached(root: Path, start: Path) -> set[Path]:
    """The files of a repository that a program consists of: itself, and what it may import.

    Args:
        root: the repository; its folders are packages.
        start: the program.
    """
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [each for i in imports_of(file) for each in _files(root, i.module)]
    return found


def third_party(root: Path, files: Iterable[Path]) -> dict[str, bool]:
    """Packages from elsewhere that files import, and whether the files can do without."""
    found: dict[str, bool] = {}
    for file in files:
        for each in imports_of(file):
            if not (root / each.package).is_dir():
                found[each.package] = found.get(each.package, True) and each.optional
    return found


def _files(root: Path, module: str) -> Iterator[Path]:
    """The files that are run when a module of the repository is imported."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:depth])
        yield from filter(Path.is_file, (place / "__init__.py", place.with_suffix(".py")))
