"""Atomic writing of files, and detection of Git LFS pointers."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from training.common.errors import UserError

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


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


def save_array(path: Path, values: np.ndarray) -> None:
    """Write an array as `.npy`, atomically."""

    def write(partial: Path) -> None:
        with partial.open("wb") as file:  # np.save adds a suffix to names, but not to files
            np.save(file, values)

    save_atomically(path, write)


def check_fetched(path: Path) -> None:
    """Check that a file is not the pointer of Git LFS that a clone without it has in its place.

    Raises:
        UserError: it is such a pointer.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise UserError(
                f"{path} is only Git LFS's pointer to the file; run `git lfs pull` to fetch it."
            )
