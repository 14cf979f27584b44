"""The atlas: a picture of what each channel looks for, and each movement.

    python -m export.assets.atlas onnx_models/movement_classifier.onnx onnx_models/atlas \
        --scratch runs/atlas

Optimises one picture for each of the 2816 channels of `training.common.depths.LAYERS` and for each
movement (`app.explain.feature_visualization`), in about half an hour on two quiet cores. Every
batch is kept in the scratch folder, under a name made of everything that it depends on, so that an
interrupted run continues where it was. Writes LAYER-K.webp, sheets of 16 x 16 tiles of 96 px
(channel = 256 K + 16 row + column), movements.webp, tiles of 192 px side by side, and atlas.json.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from app.explain.classifier import load_classifier
from app.explain.feature_visualization.objectives import channel, movement
from app.explain.feature_visualization.render import render
from app.explain.feature_visualization.rendering_config import (
    LAYER_CONFIGS,
    MOVEMENT_CONFIG,
    RenderingConfig,
)
from app.serving.runtime import cpu_threads
from export.onnx.session import cpu_session
from training.common.depths import CHANNELS, LAYERS
from training.common.files import save_array, save_atomically
from training.common.shipped_files import ATLAS_FILE, MOVEMENTS_FILE, sheet_file
from training.networks.device import best_device

TILE, MOVEMENT_TILE = 96, 192
"""Sides of tiles in pixels."""

COLUMNS = ROWS = 16
"""Of a sheet."""

BATCH = 32
"""Channels that are rendered at once: all stop at the layer that makes the last of them."""

QUALITY = 84
"""Of the sheets, as WebP: all of them together are to stay well below 15 MB."""


@dataclass(frozen=True)
class Batch:
    """Some channels of a layer, or one movement, that are rendered together.

    Attributes:
        layer: one of LAYERS, or "movements".
        first: number of the first channel, or of the movement.
        count: how many.
        recipe: how.
        seed: of the atlas.
    """

    layer: str
    first: int
    count: int
    recipe: RenderingConfig
    seed: int

    @property
    def numbers(self) -> range:
        """The channels, or the movement."""
        return range(self.first, self.first + self.count)

    def file(self, scratch: Path, version: str) -> Path:
        """Where it is kept, by all that it depends on."""
        facts = json.dumps([version, asdict(self.recipe), self.seed], sort_keys=True)
        key = hashlib.sha256(facts.encode()).hexdigest()[:10]
        return scratch / f"{self.layer}-{self.first:04}-{self.count}-{key}.npy"

    def render(self, network: Any) -> np.ndarray:
        """The pictures, uint8 RGB [count,size,size,3]."""
        # Each channel has a random generator of its own, so its picture does not depend on the
        # batch.
        seeds = [(self.seed * 10 + _PLACES.index(self.layer)) * 10_000 + n for n in self.numbers]
        if self.layer == "movements":
            return render(network, movement(self.first), self.recipe, seeds)
        return render(network, channel(self.layer, list(self.numbers)), self.recipe, seeds)


_PLACES = (*LAYERS, "movements")


def plan(movements: Sequence[str], seed: int = 0) -> list[Batch]:
    """Everything that there is to render, the slowest first."""
    batches = [Batch("movements", i, 1, MOVEMENT_CONFIG, seed) for i in range(len(movements))]
    for layer in reversed(LAYERS):
        for first in reversed(range(0, CHANNELS[layer], BATCH)):
            count = min(BATCH, CHANNELS[layer] - first)
            batches.append(Batch(layer, first, count, LAYER_CONFIGS[layer], seed))
    return batches


def render_all(
    batches: Sequence[Batch], classifier: Path, version: str, scratch: Path, workers: int
) -> Iterator[Batch]:
    """Render what is not in the scratch folder yet, and say when each batch is there.

    Args:
        batches: what to render.
        classifier: the classifier's ONNX file.
        version: of the classifier.
        scratch: where batches are kept.
        workers: processes; on a CPU each computes with one thread.
    """
    missing = [batch for batch in batches if not batch.file(scratch, version).exists()]
    yield from (batch for batch in batches if batch not in missing)
    if not missing:
        return
    # Two processes of one thread each are faster than one of two: neither waits for the other.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_one_thread)
    try:
        waiting = {
            pool.submit(_render, batch, classifier, batch.file(scratch, version)): batch
            for batch in missing
        }
        for done in as_completed(waiting):
            done.result()
            yield waiting[done]
    finally:
        pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)


def _render(batch: Batch, classifier: Path, file: Path) -> None:
    save_array(file, batch.render(load_classifier(best_device(), classifier)))


def tiles(pictures: Iterable[np.ndarray], side: int) -> np.ndarray:
    """Pictures, uint8 RGB [S,S,3], as tiles: uint8 RGB [N,side,side,3]."""
    sizes = (side, side)
    images = (Image.fromarray(picture) for picture in pictures)
    return np.stack([np.asarray(each.resize(sizes, Image.Resampling.LANCZOS)) for each in images])


def sheet(shown: np.ndarray, columns: int) -> np.ndarray:
    """Tiles in rows, uint8 RGB [N,T,T,3] -> [H,W,3]; places without a tile are black."""
    count, side = shown.shape[:2]
    rows = -(-count // columns)
    full = np.zeros((rows * columns, side, side, 3), np.uint8)
    full[:count] = shown
    lines = full.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    return lines.reshape(rows * side, columns * side, 3)


def write(
    folder: Path,
    batches: Sequence[Batch],
    scratch: Path,
    version: str,
    movements: Sequence[str],
    quality: int = QUALITY,
) -> int:
    """Lay all batches out on sheets; returns how many bytes the atlas has.

    Args:
        folder: where the atlas goes.
        batches: as `plan` gives them, all in the scratch folder.
        scratch: where they are kept.
        version: of the classifier.
        movements: names, in the order of the logits.
        quality: of the WebP.
    """
    per_sheet = COLUMNS * ROWS
    for layer in _PLACES:
        ordered = sorted((b for b in batches if b.layer == layer), key=lambda b: b.first)
        pictures = [picture for b in ordered for picture in np.load(b.file(scratch, version))]
        if layer == "movements":
            shown = sheet(tiles(pictures, MOVEMENT_TILE), len(movements))
            _save(folder / MOVEMENTS_FILE, shown, quality)
            continue
        shown = tiles(pictures, TILE)
        for k in range(0, len(shown), per_sheet):
            page = sheet(shown[k : k + per_sheet], COLUMNS)
            _save(folder / sheet_file(layer, k // per_sheet), page, quality)
    facts = {
        "tile": TILE,
        "columns": COLUMNS,
        "rows": ROWS,
        "layers": {b.layer: CHANNELS[b.layer] for b in reversed(batches) if b.layer in CHANNELS},
        "movements": list(movements),
        "movement_tile": MOVEMENT_TILE,
        "reader": version,
        "settings": {b.layer: asdict(b.recipe) | {"seed": b.seed} for b in reversed(batches)},
    }
    text = json.dumps(facts, indent=1) + "\n"
    save_atomically(folder / ATLAS_FILE, lambda path: path.write_text(text, encoding="utf-8"))
    return sum(file.stat().st_size for file in folder.glob("*.webp"))


def _save(path: Path, picture: np.ndarray, quality: int) -> None:
    def write(partial: Path) -> None:
        # Colours of lines one pixel wide would be smeared without the sharp conversion.
        image = Image.fromarray(picture)
        image.save(partial, "WEBP", quality=quality, method=6, use_sharp_yuv=True)

    save_atomically(path, write)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)


def main() -> None:
    """Read the command line and make the atlas."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("classifier", type=Path, help="the classifier's .onnx file")
    parser.add_argument("folder", type=Path, help="where the atlas goes")
    parser.add_argument("--scratch", type=Path, required=True, help="where batches are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quality", type=int, default=QUALITY, help="of the WebP sheets")
    parser.add_argument("--workers", type=int, help="processes; by default one for each processor")
    arguments = parser.parse_args()
    metadata = cpu_session(arguments.classifier).get_modelmeta().custom_metadata_map
    version, movements = metadata["version"], json.loads(metadata["movements"])
    batches = plan(movements, arguments.seed)
    workers = arguments.workers or (1 if best_device().type == "cuda" else cpu_threads())
    begin, scratch = time.perf_counter(), arguments.scratch
    ready = render_all(batches, arguments.classifier, version, scratch, workers)
    for count, batch in enumerate(ready, start=1):
        minutes = (time.perf_counter() - begin) / 60
        shown = f"{batch.layer} {batch.numbers[0]}-{batch.numbers[-1]}, {minutes:.1f} min"
        print(f"{count}/{len(batches)} {shown}", flush=True)
    size = write(arguments.folder, batches, scratch, version, movements, quality=arguments.quality)
    print(f"{size / 1e6:.1f} MB in {arguments.folder}")


if __name__ == "__main__":
    main()
