"""How the five movements' paintings are painted: statistics of `training.common.texture_features`.

    python -m export.assets.texture_averages onnx_models --manifest runs/manifest.csv

Measures all training paintings of the manifest and writes `brushwork.json`: for each measure and
movement the mean, the deviation and the quantiles, and of each movement the directions and the
commonest colours. No picture, and nothing from which one could be made again, is in it.

The paintings' files have 220 to 256 pixels on their longer side, so everything is measured at
`WORKING_SIDE`; the app measures a visitor's picture at the same. About half of them were squeezed
into a square by those who collected them, which turns directions a little and leaves the rest.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from training.common.files import save_atomically
from training.common.movements import MOVEMENTS
from training.common.texture_features.direction import directions
from training.common.texture_features.measures import MEASURES
from training.common.texture_features.palette import Swatch, gather, palette
from training.common.texture_features.working_picture import WORKING_SIDE, WorkingPicture
from training.data import Record, load_picture, read_manifest

FILE = "brushwork.json"

LEVELS = np.linspace(0, 1, 21)
COLOURS = 8
"""Swatches of a movement."""

_SIGNIFICANT = 4  # Digits.


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one painting.

    Attributes:
        movement: that it belongs to.
        numbers: one of each of MEASURES, in their order.
        directions: float32 [B].
        palette: its swatches.
    """

    movement: str
    numbers: list[float]
    directions: np.ndarray
    palette: list[Swatch]


def measure_all(records: list[Record]) -> list[Measured]:
    """Measure the training paintings among some pictures.

    Raises:
        OSError: one of them is missing.
        ValueError: a movement has no training painting.
    """
    paintings = [record for record in records if record.split == "train" and record.label >= 0]
    lacking = set(MOVEMENTS) - {record.movement for record in paintings}
    if lacking:
        raise ValueError(f"no training painting of {', '.join(sorted(lacking))}")
    return [_measured(record) for record in tqdm(paintings, "paintings")]


def _measured(record: Record) -> Measured:
    working = WorkingPicture.of(load_picture(record.path))
    numbers = [measure.of(working) for measure in MEASURES]
    return Measured(record.movement, numbers, directions(working), palette(working))


def summarise(measured: list[Measured], data: str) -> dict[str, Any]:
    """What `brushwork.json` holds.

    Args:
        measured: at least one painting of each movement.
        data: whose paintings they are.
    """
    groups = {name: [each for each in measured if each.movement == name] for name in MOVEMENTS}
    return {
        "side": WORKING_SIDE,
        "data": data,
        "movements": MOVEMENTS,
        "counts": {name: len(group) for name, group in groups.items()},
        "levels": _rounded(LEVELS),
        "measures": {
            measure.name: {
                name: _spread(np.array([each.numbers[index] for each in group]))
                for name, group in groups.items()
            }
            for index, measure in enumerate(MEASURES)
        },
        "directions": {
            name: _rounded(np.mean([each.directions for each in group], axis=0))
            for name, group in groups.items()
        },
        "palettes": {name: _colours(group) for name, group in groups.items()},
    }


def _spread(values: np.ndarray) -> dict[str, Any]:
    """Statistics of the values that are numbers.

    Raises:
        ValueError: there are none.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        raise ValueError("not one painting of a movement has what a measure looks for")
    return {
        "count": len(values),
        "mean": _round(values.mean()),
        "deviation": _round(values.std()),
        "quantiles": _rounded(np.quantile(values, LEVELS)),
    }


def _colours(group: list[Measured]) -> list[Any]:
    """The commonest colours of all paintings' palettes together, with their shares."""
    swatches = [swatch for each in group for swatch in each.palette]
    return [[list(swatch.colour), _round(swatch.share)] for swatch in gather(swatches, COLOURS)]


def _rounded(values: np.ndarray) -> list[float]:
    return [_round(value) for value in values]


def _round(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT}g}")


def describe(records: list[Record]) -> str:
    """Whose paintings a manifest's training paintings are."""
    sources = Counter(record.source for record in records if record.split == "train")
    return "Training paintings of: " + ", ".join(name for name, _ in sources.most_common() if name)


def main() -> None:
    """Read the command line, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the file goes")
    parser.add_argument("--manifest", type=Path, default=Path("runs/manifest.csv"))
    arguments = parser.parse_args()
    records = [record for record in read_manifest(arguments.manifest) if record.label >= 0]
    content = summarise(measure_all(records), describe(records))
    text = json.dumps(content, ensure_ascii=False) + "\n"
    path = arguments.folder / FILE
    save_atomically(path, lambda partial: partial.write_text(text, encoding="utf-8"))
    print(f"{sum(content['counts'].values())} paintings -> {path}, {len(text) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
