from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from accelerate.state import AcceleratorState
from PIL import Image

from training.common.movements import MOVEMENTS
from training.data import Record, write_manifest

SPLITS = ["train"] * 15 + ["validation"] * 2 + ["test"] * 3 + ["test_artists"] * 4


@pytest.fixture(scope="session")
def manifest(tmp_path_factory):
    """A manifest of 5 x 24 small pictures that a network can learn to tell apart by colour.

    Some are there a second time, as photographs or paintings of other movements.
    """
    folder = tmp_path_factory.mktemp("paintings")
    rng = np.random.default_rng(0)
    records = []
    for label, movement in enumerate(MOVEMENTS):
        for i, split in enumerate(SPLITS):
            colour = np.array([(200, 30, 30), (30, 200, 30), (30, 30, 200), (20,) * 3, (230,) * 3])
            pixels = colour[label] + rng.integers(-20, 21, (48, 64, 3))
            path = folder / f"{movement}{i}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
            artist, title = f"artist {label} {i}", f"title {i}"
            records.append(Record(str(path), movement, artist, title, split=split))
    others = [
        replace(record, movement=("photograph", "other")[i % 2])
        for i, record in enumerate(records)
        if i % 11 == 0
    ]
    write_manifest(folder / "manifest.csv", records + others)
    return folder / "manifest.csv"


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch):
    """Drawing curves takes as long as training such small networks; `test_figures` does it."""
    monkeypatch.setattr("training.classifier.run.draw_curves", lambda *_: None)


@pytest.fixture(autouse=True)
def fresh_accelerator():
    """Accelerate keeps its first precision for a whole process; so it is reset for every test."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def sentence_of(capsys, program: Callable[..., object], *arguments: object) -> str:
    """What a program writes to standard error that is to end with exit code 1, no traceback."""
    with pytest.raises(SystemExit) as ended:
        program(*arguments)
    assert ended.value.code == 1
    written = capsys.readouterr().err
    assert "Traceback" not in written
    return written
