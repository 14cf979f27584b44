"""What docs/SECURITY.md promises has the tests that it names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT)
    assert len(named) > 30
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_promise_names_a_test() -> None:
    promises = [
        line
        for part in re.findall(r"^## What [^\n]* cannot do$(.*?)(?=^## )", DOCUMENT, re.M | re.S)
        for line in part.splitlines()
        if line.startswith("| ") and "cannot |" not in line
    ]
    assert len(promises) > 20
    assert [line for line in promises if "::test_" not in line] == []
