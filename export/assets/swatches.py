"""Swatches: strokes, colours and motifs of each preset, as a texture of our own.

    python -m export.assets.swatches onnx_models --paintings FOLDER --collection PAINTINGS [--splits
    FILE]

The app's optimisation makes each from noise: a picture with the same Gram matrices and means in
the shallow layers, which say what strokes, edges and motifs there are and nothing of where. No
painting is reproduced. A preset of a painting takes that painting (export/assets/style_presets.csv
says which file of FOLDER it is); a movement takes the most typical of its training paintings in the
collection (as `training.data` reads one) by painters whose work is free. Writes styles/NAME.webp
for each preset; vectors and facts are `export.assets.style_presets`'s and stay as they are. `--only
NAME ...` makes some.
"""

import argparse
import csv
import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from app.optimize.engine import Optimization
from app.optimize.features import FeatureNetwork, load_network
from app.optimize.recipe import OptimizeRecipe
from app.optimize.spec import OptimizationSpec, StyleSpec
from export.assets.style_presets import COLLECTION_SIDE, Encoder, emphasised, famous, thumbnail
from training.common.files import save_atomically
from training.common.movements import MOVEMENTS
from training.common.preprocessing import resize
from training.data import Record, load_picture, read_splits, scan, split
from training.networks.device import best_device

SIDE = 192
"""Of a swatch, in pixels."""

PAINTED, EDGE = 264, 12
"""Side of what is painted, and of its margin that is cut off, where a network sees no neighbours.
What is left is reduced to `SIDE`, which calms the finest noise.
"""

RECIPE = OptimizeRecipe(
    "Swatch",
    style={f"relu{stage}_1": 1.0 for stage in range(1, 5)},  # relu5_1 would reproduce faces
    alpha=0.0,
    beta=60.0,
    variation=2.0,
    start="noise",
    steps=240,
    style_scale=1.5,
)
"""Paintings are seen with as many pixels as a square of 396, so that strokes are visible."""

TYPICAL = 4
"""Paintings, each by another artist, that a movement's swatch is made of."""

QUALITY = 80
"""Of the WebP, 0 to 100."""


def synthesise(
    paintings: Sequence[np.ndarray],
    network: FeatureNetwork,
    device: torch.device,
    recipe: OptimizeRecipe = RECIPE,
) -> np.ndarray:
    """Paint the texture that paintings have in common.

    Args:
        paintings: one to four, uint8 RGB [H,W,3] of any size; all count alike.
        network: what sees them.
        device: where the network is.
        recipe: how it is painted.

    Returns:
        uint8 RGB [SIDE,SIDE,3], the same at every call on the same kind of machine.
    """
    blank = np.zeros((PAINTED, PAINTED, 3), np.uint8)  # Not used, because alpha is 0.
    styles = tuple(StyleSpec(painting) for painting in paintings)
    optimisation = Optimization(OptimizationSpec(blank, styles, recipe), network, device)
    for _ in optimisation.run():
        pass
    inside = slice(EDGE, PAINTED - EDGE)
    return resize(optimisation.picture[inside, inside], SIDE, SIDE)


def candidates(collection: Path, splits: Path | None = None) -> list[Record]:
    """Training paintings of the five movements by painters whose work is free.

    Args:
        collection: as `training.data` reads one. Where its `index.csv` has a column
            `artist_died_by_1955`, only rows with a 1 there count.
        splits: CSV with columns file (its name) and split; None splits as `training.data` does.

    Raises:
        UserError: the collection holds no picture.
        ValueError: there is none of some movement.
    """
    records = split(scan(collection), [], named=read_splits(splits) if splits else None)
    protected = _protected(collection)
    chosen = [
        record
        for record in records
        if record.split == "train" and record.movement in MOVEMENTS and record.path not in protected
    ]
    for movement in MOVEMENTS:
        if not any(record.movement == movement for record in chosen):
            raise ValueError(f"{collection} holds no training painting of {movement}")
    return chosen


def _protected(collection: Path) -> set[str]:
    """Paths of paintings by painters who are not known to have died by 1955."""
    index = collection / "index.csv"
    if not index.exists():
        return set()
    with index.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {str(collection / r["file"]) for r in rows if r.get("artist_died_by_1955", "1") != "1"}


def typical(
    records: Sequence[Record], vectors: np.ndarray, count: int = TYPICAL
) -> dict[str, list[Record]]:
    """The paintings of each movement that are nearest to its preset, each by another artist.

    Args:
        records: some of every movement.
        vectors: style vector of each, float32 [N,D].
        count: how many of each movement, at most.
    """
    rows = {
        movement: [i for i, record in enumerate(records) if record.movement == movement]
        for movement in MOVEMENTS
    }
    presets = emphasised([vectors[rows[movement]] for movement in MOVEMENTS])
    found: dict[str, list[Record]] = {}
    for movement, preset in zip(MOVEMENTS, presets, strict=True):
        distances = np.linalg.norm(vectors[rows[movement]] - preset, axis=1)
        by_artist: dict[str, Record] = {}
        for nearest in np.argsort(distances, kind="stable"):
            record = records[rows[movement][nearest]]
            by_artist.setdefault(record.artist or record.path, record)
        found[movement] = list(by_artist.values())[:count]
    return found


def save(path: Path, swatch: np.ndarray) -> None:
    """Write uint8 RGB [H,W,3] as a WebP, atomically."""
    image = Image.fromarray(swatch)
    save_atomically(path, functools.partial(image.save, format="WEBP", quality=QUALITY, method=6))


def of_movements(folder: Path, collection: Path, splits: Path | None) -> dict[str, list[str]]:
    """Files that the movements' swatches are made of, by preset; see `candidates` for errors."""
    encoder, records = Encoder(folder), candidates(collection, splits)
    pictures = (load_picture(record.path) for record in tqdm(records, "collection"))
    vectors = np.stack([encoder.encode(picture, COLLECTION_SIDE) for picture in pictures])
    return {
        movement.lower(): [record.path for record in chosen]
        for movement, chosen in typical(records, vectors).items()
    }


def main() -> None:
    """Read the command line and write the swatches."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the networks are, and the swatches go")
    parser.add_argument("--paintings", type=Path, required=True, help="files of style_presets.csv")
    parser.add_argument("--collection", type=Path, required=True, help="paintings by movement")
    parser.add_argument("--splits", type=Path, help="CSV of the collection's files and splits")
    parser.add_argument("--only", nargs="+", help="names of the presets to do; all if left out")
    arguments = parser.parse_args()
    made_of = {name: [str(arguments.paintings / row["file"])] for name, row in famous().items()}
    names = arguments.only or [*made_of, *(movement.lower() for movement in MOVEMENTS)]
    if set(names) - made_of.keys():
        made_of |= of_movements(arguments.folder, arguments.collection, arguments.splits)
    if unknown := set(names) - made_of.keys():
        parser.error(f"there is no preset {', '.join(sorted(unknown))}")
    device = best_device()
    network = load_network("texture", device, folder=arguments.folder)
    for name in (progress := tqdm(names, "swatches")):
        progress.set_postfix_str(", ".join(Path(path).stem for path in made_of[name]))
        swatch = synthesise([load_picture(path) for path in made_of[name]], network, device)
        save(arguments.folder / thumbnail(name), swatch)


if __name__ == "__main__":
    main()
