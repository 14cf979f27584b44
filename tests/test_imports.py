"""Which module may import which: docs/ARCHITECTURE.md, and no circles.

Read from the files, without running them. An import counts where a module is imported: at its top
and in its classes, `if TYPE_CHECKING` among it, for a reader follows that as well. What a function
imports when it is called is counted only for gradio (one place) and for the arrows between the
packages, not for circles and not for torch, which is loaded when somebody first asks for it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "training", "export")
HEAVY = {"torch", "torchvision", "accelerate", "captum"}


def module_of(file: Path) -> str:
    """Its name with dots; a package has its folder's."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for package in PACKAGES for file in (ROOT / package).rglob("*.py")}


def statements(tree: ast.AST, functions: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Import statements of a file, with or without those in its functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from statements(node, functions)


@cache
def imports(module: str, functions: bool = False) -> frozenset[str]:
    """What a module imports by name: modules of this repository, and outermost packages of others.

    `from package import name` imports the module `package.name` if there is one, and the package
    itself only for other names.
    """
    found: set[str] = set()
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for statement in statements(tree, functions):
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        else:
            assert statement.level == 0, f"{module} has a relative import"
            assert statement.module is not None
            within = [f"{statement.module}.{alias.name}" for alias in statement.names]
            names = [name if name in MODULES else statement.module for name in within]
        found |= {name if name in MODULES else name.split(".")[0] for name in names}
    return frozenset(found)


@cache
def loads(module: str) -> frozenset[str]:
    """All that is imported when a module is, directly or not, packages' `__init__` included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in MODULES:
            waiting += imports(name)
            waiting += [part for part in packages_around(name) if part in MODULES]
    return frozenset(found - {module})


def packages_around(module: str) -> list[str]:
    """The packages that a module is in, the outermost first."""
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def within(*packages: str) -> list[str]:
    """The modules of some packages, and the packages themselves."""
    return [name for name in MODULES if f"{name}.".startswith(tuple(f"{p}." for p in packages))]


def offenders(modules: list[str], packages: set[str], functions: bool = True) -> dict[str, str]:
    """Which of some modules import something of other packages, and what."""
    return {
        module: name
        for module in modules
        for name in imports(module, functions)
        if name.split(".")[0] in packages
    }


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: imports(module) & MODULES.keys() for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_training_imports_nothing_of_the_app_or_of_export():
    assert offenders(within("training"), {"app", "export"}) == {}


def test_the_app_imports_nothing_of_export():
    assert offenders(within("app"), {"export"}) == {}


@pytest.mark.parametrize("package", ["training.common", "app.serving", "app.collection"])
def test_loading_it_loads_no_torch(package):
    loaded = {module: loads(module) & HEAVY for module in within(package)}
    assert {module: names for module, names in loaded.items() if names} == {}


def test_gradio_is_imported_by_the_page_alone():
    others = [module for module in MODULES if module not in {"app.main", *within("app.ui")}]
    loaded = {
        module for module in others if module.startswith("app.") and "gradio" in loads(module)
    }
    assert loaded == set()
    assert offenders([m for m in others if m.startswith("app.")], {"gradio"}) == {}


def test_only_the_page_and_what_starts_it_imports_the_page():
    others = [m for m in within("app") if m != "app.main" and m not in within("app.ui")]
    found = {m: n for m in others for n in imports(m, True) if f"{n}.".startswith("app.ui.")}
    assert found == {}
