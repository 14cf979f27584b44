"""Kinds of damage that files can have."""

import shutil
from collections.abc import Callable
from pathlib import Path

LFS_POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 14779513
"""


def cut_short(path: Path) -> None:
    """Keep the first half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut short": cut_short,
    "a pointer": lambda path: path.write_text(LFS_POINTER),
    "other JSON": lambda path: path.write_text("[1, 2]"),
}


def copy_damaged(source: Path, target: Path, name: str, damage: str) -> Path:
    """A folder like another one, but for one damaged file.

    Args:
        source: the folder; all but the file are linked to.
        target: a new folder.
        name: of the file, directly in the folder.
        damage: one of DAMAGES.
    """
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.name == name:
            shutil.copy(file, target)
        else:
            (target / file.name).symlink_to(file)
    DAMAGES[damage](target / name)
    return target
