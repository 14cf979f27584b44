"""What the optimisation aims at for each preset: statistics of its painting, no picture.

    python -m export.assets.style_targets onnx_models --paintings FOLDER

The shipped texture encoder sees each painting of export/assets/style_presets.csv at a few sizes.
Writes style_targets.safetensors (float16). They mean something to this version of the encoder only:
make them again after `python -m export.onnx.texture_encoder`.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from app.optimize.objective import fit_style
from app.optimize.recipe import STYLE_LAYERS, OptimizeRecipe
from app.optimize.tensors import to_tensor
from app.serving.runtime import read_metadata
from export.assets.style_presets import FACTS
from training.common.shipped_files import TEXTURE_FILE
from training.data import load_picture
from training.networks.texture_encoder import TextureEncoder, load_texture_encoder
from training.style.losses import gram_matrix
from training.style.statistics import (
    SIZES,
    TARGETS_FILE,
    Moments,
    StyleStatistics,
    save_statistics,
)


@torch.no_grad()
def style_statistics(encoder: TextureEncoder, painting: np.ndarray) -> StyleStatistics:
    """Statistics of a painting, uint8 RGB [H,W,3], at each size; it is never enlarged."""
    seen = []
    for side in SIZES:
        picture = to_tensor(fit_style(painting, side**2, OptimizeRecipe("")), torch.device("cpu"))
        maps = encoder(picture, STYLE_LAYERS)
        seen.append(
            {
                name: Moments(each.mean((0, 2, 3)).numpy(), gram_matrix(each)[0].numpy())
                for name, each in maps.items()
            }
        )
    return StyleStatistics.of(seen)


def paintings(folder: Path) -> dict[str, Path]:
    """Files of the presets' paintings, by the presets' names.

    Raises:
        FileNotFoundError: one of them is not in the folder.
    """
    with FACTS.open(newline="", encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    found = {Path(name).stem.replace("_", "-"): folder / name for name in names}
    for path in found.values():
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing")
    return found


def main() -> None:
    """Read the command line and write the statistics."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the encoder is, and the statistics go")
    parser.add_argument("--paintings", type=Path, required=True, help="files of style_presets.csv")
    arguments = parser.parse_args()
    network = arguments.folder / TEXTURE_FILE
    encoder, _ = load_texture_encoder(network)
    found = {
        name: style_statistics(encoder, load_picture(path))
        for name, path in tqdm(paintings(arguments.paintings).items(), "paintings")
    }
    target = arguments.folder / TARGETS_FILE
    save_statistics(target, found, read_metadata(network)["version"])
    print(f"{len(found)} paintings in {target}, {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
