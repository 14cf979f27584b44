from dataclasses import replace

import numpy as np
import pytest
from accelerate.state import AcceleratorState
from PIL import Image

from training.data import Record, split, write_manifest
from training.movements import MOVEMENTS


@pytest.fixture(scope="session")
def manifest(tmp_path_factory):
    """A manifest of 5 x 24 small pictures that a network can learn to tell apart by colour."""
    folder = tmp_path_factory.mktemp("paintings")
    rng = np.random.default_rng(0)
    records = []
    for label, movement in enumerate(MOVEMENTS):
        for i in range(24):
            colour = np.array([(200, 30, 30), (30, 200, 30), (30, 30, 200), (20,) * 3, (230,) * 3])
            pixels = colour[label] + rng.integers(-20, 21, (48, 64, 3))
            path = folder / f"{movement}{i}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
            records.append(Record(str(path), movement, f"artist {label} {i}", f"title {i}"))
    records = split(records, [])
    strangers = [
        replace(record, movement=("photograph", "other")[i % 2])
        for i, record in enumerate(records)
        if i % 12 == 0
    ]
    write_manifest(folder / "manifest.csv", records + strangers)
    return folder / "manifest.csv"


@pytest.fixture(autouse=True)
def fresh_accelerator():
    """Accelerate keeps its first precision for a whole process; every test begins anew."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
