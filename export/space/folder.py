"""The folder of a Space or a container: the app, what it needs, and nothing else.

Files are those that git tracks. Of the Python files only those count that `app/main.py` may import;
of the requirements only those that these import, with the same pins.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from huggingface_hub import metadata_load
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from training.common.errors import UserError

ROOT = Path(__file__).parents[2]
PROGRAM = "app/main.py"
DATA = ("app/", "onnx_models/", "LICENSE")
"""Where everything that is not Python belongs to the app."""

OPENED_BY_NAME = ("skimage",)
"""Packages that the app takes files from, and does not import: see `app.examples`."""

DOCKERFILE = Path(__file__).with_name("Dockerfile")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own builds without CUDA."""

_RUNTIME, _RUNTIME_CUDA = "onnxruntime", "onnxruntime-gpu"


@dataclass(frozen=True)
class RequirementLine:
    """A line of a requirements file."""

    line: str

    @property
    def name(self) -> str:
        """Of the distribution, in its canonical spelling."""
        return canonicalize_name(Requirement(self.line).name)


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


def imported_files(root: Path, start: Path) -> set[Path]:
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


def build(out: Path, *, cuda: bool, root: Path = ROOT) -> list[Path]:
    """Write the folder.

    Args:
        out: where; must be absent or empty.
        cuda: whether PyTorch and ONNX Runtime shall come with CUDA, five times as large.
        root: a checkout of the repository.

    Returns:
        The files, relative to `out`.

    Raises:
        UserError: `out` has something in it, `root` is no checkout, or the app imports what
            requirements.txt does not list.
    """
    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; name a new folder.")
    tracked = _tracked(root)
    python = {p.relative_to(root).as_posix() for p in imported_files(root, root / PROGRAM)}
    if missing := python - set(tracked):
        raise UserError(f"git does not track what the app imports: {', '.join(sorted(missing))}.")
    data = {name for name in tracked if name.startswith(DATA) and not name.endswith(".py")}
    for name in sorted(python | data):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, out / name)
    needs = select_requirements(_listed(root), [root / name for name in python], root)
    (out / "requirements.txt").write_text(requirements(needs, cuda=cuda), encoding="utf-8")
    (out / "README.md").write_text(_readme(root), encoding="utf-8")
    shutil.copyfile(DOCKERFILE, out / DOCKERFILE.name)
    return sorted(p.relative_to(out) for p in out.rglob("*") if p.is_file())


def configuration(folder: Path) -> dict[str, Any]:
    """What the README's first lines tell a Space."""
    return metadata_load(folder / "README.md") or {}


def select_requirements(
    listed: Sequence[RequirementLine], files: Iterable[Path], root: Path
) -> list[RequirementLine]:
    """Those requirements that files need.

    A package that is not listed itself counts as listed if one that is listed requires it.

    Raises:
        UserError: files import what no requirement brings.
    """
    distributions = metadata.packages_distributions()
    names = {need.name for need in listed}
    wanted: set[str] = set()
    for package, optional in {
        **third_party(root, files),
        **dict.fromkeys(OPENED_BY_NAME, False),
    }.items():
        ours = {canonicalize_name(name) for name in distributions.get(package, [package])}
        wanted |= ours & names
        if not optional and not ours & names and not ours & _dependencies(wanted | names):
            raise UserError(f"The app imports {package}, which requirements.txt does not list.")
    if wanted & {_RUNTIME, _RUNTIME_CUDA}:
        wanted |= {_RUNTIME, _RUNTIME_CUDA}  # Which of them is installed depends on the machine.
    return [need for need in listed if need.name in wanted]


def requirements(needs: Sequence[RequirementLine], *, cuda: bool) -> str:
    """The text of a requirements file, with or without CUDA's libraries."""
    lines = [need.line for need in needs]
    if not cuda:
        (runtime,) = (Requirement(need.line) for need in needs if need.name == _RUNTIME)
        lines = [need.line for need in needs if need.name not in (_RUNTIME, _RUNTIME_CUDA)]
        lines = [f"--extra-index-url {CPU_INDEX}", *lines, f"{_RUNTIME}{runtime.specifier}"]
    return "\n".join(["# Written by export.space: what the app imports.", *lines, ""])


def _dependencies(names: set[str]) -> set[str]:
    """What distributions require in turn, extras left out."""
    found: set[str] = set()
    for name in names:
        try:
            required = [Requirement(text) for text in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:  # Of another machine, or of another Python.
            continue
        found |= {
            canonicalize_name(each.name)
            for each in required
            if each.marker is None or "extra" not in str(each.marker)
        }
    return found


def _listed(root: Path) -> list[RequirementLine]:
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [RequirementLine(line) for line in lines if line]


def _tracked(root: Path) -> list[str]:
    command = ["git", "-C", str(root), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{root} is no checkout that git knows; clone the repository.") from error
    return [name for name in listed.stdout.split("\0") if name]


def _readme(root: Path) -> str:
    """The Space's configuration, and what the app is: the README up to its first command."""
    return (root / "README.md").read_text(encoding="utf-8").split("```")[0].rstrip() + "\n"
