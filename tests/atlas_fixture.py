"""An atlas of tiny tiles with a dictionary, for tests that need no real one."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.assets.dictionary import facts, write
from training.common.depths import CHANNELS
from training.common.movements import MOVEMENTS
from training.common.shipped_files import ATLAS_FILE, MOVEMENTS_FILE, sheet_file

TILE, SIDE = 4, 16
TOTAL = sum(CHANNELS.values())
READER = "0.2"


def colour(layer: str, channel: int) -> tuple[int, int, int]:
    """Of the tile of a channel; no two are alike."""
    return list(CHANNELS).index(layer) * 60, channel // 256 * 60, channel % 256


def columns() -> dict[str, np.ndarray]:
    """Of the dictionary; channels have the same properties in turns of different lengths."""
    number = np.arange(TOTAL)
    opinions = np.roll(np.eye(5) - np.roll(np.eye(5), 2, 1) / 2, 1, 0) - 0.1
    small = {
        "orientation": number % 12 * 15.0,
        "selectivity": np.where(number % 4 == 0, 0.1, 0.4 + number % 7 / 20),
        "frequency": 1 / np.array((4.0, 16.0, 48.0))[number % 3],
        "bandwidth": np.full(TOTAL, 1.5),
        "drive": np.where(number % 5 == 0, 0.1, 2.0),
        "colourfulness": np.where(number % 3, 0.5, 0.0) + number % 11 / 22,
        "reliability": np.full(TOTAL, 0.9),
        "sparsity": number % 10 / 10,
        "preferences": np.sin(number[:, None] + np.arange(5)),
        "votes": opinions[number % 5] * (1 + number[:, None] / TOTAL),
        "likeness": np.tile(0.9 - 0.1 * np.arange(6), (TOTAL, 1)),
    }
    return {
        "hue": (number % 3).astype(np.uint8),
        "nearest": ((number[:, None] + 1 + np.arange(6)) % TOTAL).astype(np.int16),
        "mean": number.astype(np.float32),
        "deviation": (TOTAL - number).astype(np.float32),
        **{name: values.astype(np.float16) for name, values in small.items()},
    }


def make_atlas(folder: Path) -> None:
    """Write sheets of flat tiles; the colour of each identifies its channel."""
    for layer, channels in CHANNELS.items():
        for k in range(channels // SIDE**2):
            tiles = [colour(layer, SIDE**2 * k + i) for i in range(SIDE**2)]
            sheet = np.array(tiles, np.uint8).reshape(SIDE, SIDE, 3)
            large = sheet.repeat(TILE, 0).repeat(TILE, 1)
            Image.fromarray(large).save(folder / sheet_file(layer, k), lossless=True)
    strip = np.repeat(np.arange(0, 250, 50, dtype=np.uint8), 8)
    strip = np.broadcast_to(strip[None, :, None], (8, 40, 3))
    Image.fromarray(np.ascontiguousarray(strip)).save(folder / MOVEMENTS_FILE, lossless=True)
    about = {"tile": TILE, "columns": SIDE, "rows": SIDE, "layers": CHANNELS, "settings": {}}
    about |= {"movements": MOVEMENTS, "reader": READER}
    (folder / ATLAS_FILE).write_text(json.dumps(about))


@pytest.fixture(scope="session")
def atlas_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds `atlas`, with both; not to be written to."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "atlas").mkdir()
    make_atlas(folder / "atlas")
    write(folder / "atlas", columns(), facts(READER, 10, 5))
    return folder
