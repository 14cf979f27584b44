"""Files that are either whole or not there."""

import os
from collections.abc import Callable
from pathlib import Path


def save_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file next to its place and move it there: a kill leaves the old one or the new one.

    Args:
        path: the file to make or to replace; its folder is made too.
        write: writes everything to the path that it is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    write(partial)
    os.replace(partial, path)
