"""Files that are slow to make, made once for all test processes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder of this process's own, with files that the first process made.

    Args:
        factory: of temporary folders.
        name: of the folder.
        make: fills an empty folder.
    """
    base = factory.getbasetemp()
    common = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"{name}-common"
    with FileLock(f"{common}.lock"):
        if not common.exists():
            partial = factory.mktemp(f"{name}-partial")
            make(partial)
            partial.rename(common)
    return Path(shutil.copytree(common, factory.mktemp(name), dirs_exist_ok=True))
