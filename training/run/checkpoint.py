"""Checkpoints of a training run, and which run may continue from them.

A checkpoint holds the settings that decide what the next step is, such as network, batch, seed,
pictures, and number of processes. A run with other settings is refused, with what differs.
"""

import hashlib
import pickle
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from training.common.errors import UserError
from training.common.files import save_atomically
from training.data import Record

CHECKPOINT, MODEL = "checkpoint.pt", "model.safetensors"

State = dict[str, Any]


def claim(folder: Path, resume: bool, overwrite: bool) -> State | None:
    """Check that a run may write to its folder; existing files are lost only with `overwrite`.

    Args:
        folder: of the run.
        resume: the run continues from the folder's checkpoint, or starts if there is none.
        overwrite: the run starts from the beginning, whatever the folder holds.

    Returns:
        The checkpoint to go on from, if the run does.

    Raises:
        UserError: the folder holds a checkpoint or a network, and neither was asked for; or a
            checkpoint that cannot be read.
    """
    held = [name for name in (CHECKPOINT, MODEL) if (folder / name).exists()]
    if not held or overwrite:
        return None
    if not resume:
        raise UserError(
            f"{folder} already holds {held[0]}: add --resume to go on from its checkpoint or "
            "--overwrite to start again, or give another --out."
        )
    if CHECKPOINT not in held:
        raise UserError(
            f"{folder} holds {MODEL}, but no {CHECKPOINT} to go on from: add --overwrite to start "
            "again, or give another --out."
        )
    return read(folder)


def clear(folder: Path, leftovers: Iterable[str]) -> None:
    """Make the folder of a run that begins, or take out what an earlier run wrote there.

    Otherwise a run that fails early would leave the earlier run's checkpoint.

    Args:
        folder: of the run.
        leftovers: files beside checkpoint and network that are of no use beside another network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (CHECKPOINT, MODEL, *leftovers):
        (folder / name).unlink(missing_ok=True)


def write(folder: Path, state: State) -> None:
    """Write a checkpoint atomically: a kill at any time leaves the old or the new one."""
    save_atomically(folder / CHECKPOINT, lambda path: torch.save(state, path))


def read(folder: Path) -> State:
    """The folder's checkpoint, its tensors on the CPU.

    Raises:
        UserError: the file is no checkpoint, or of a version that did not note its settings.
    """
    path = folder / CHECKPOINT
    ways_out = "start again with --overwrite, or give another --out"
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"{path} cannot be read as a checkpoint: {ways_out}.") from error
    if not isinstance(state, dict) or "settings" not in state:
        raise UserError(f"{path} is of an old version, without its settings: {ways_out}.")
    return state


def require_same(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Check that a run has the settings of the checkpoint that it continues from.

    Raises:
        UserError: it has not; the sentence says what differs.
    """
    names = list(now)
    if before.get("recipe") != now.get("recipe"):  # then it is no use to list what it consists of
        names = names[: names.index("recipe") + 1]
    differing = [
        f"{name} {before.get(name)} there, {now[name]} here"
        for name in names
        if before.get(name) != now[name]
    ]
    if differing:
        raise UserError(
            f"{path} is of a run with other settings ({'; '.join(differing)}): resume it with its "
            "own, start again with --overwrite, or give another --out."
        )


def pictures_digest(records: Sequence[Record]) -> str:
    """SHA-256 of the pictures' file names, movements and splits, in order.

    A folder may be moved, and a manifest be written with absolute paths.
    """
    lines = (f"{Path(r.path).name}\t{r.movement}\t{r.split}\n" for r in records)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
