"""The style presets of the app: vectors of famous paintings and of the five movements.

    python -m export.assets.style_presets onnx_models --paintings FOLDER --collection PAINTINGS

No painting is shipped. Of each there is a vector, its facts (export/assets/style_presets.csv says
which file of FOLDER is which painting), and a swatch, which `export.assets.swatches` makes. A
movement's vector points from the mean of all movements to the mean over its training paintings in
the collection (as `training.data` reads one). Writes styles.json and styles.npy (float16 [P,D], in
the same order).
"""

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from export.onnx.session import cpu_session
from training.common.files import save_array, save_atomically
from training.common.movements import MOVEMENTS
from training.common.preprocessing import STYLE_SIDE, prepare_style
from training.common.shipped_files import ENCODER_FILE, PRESETS_FILE, THUMBNAILS, VECTORS_FILE
from training.data import load_picture, read_splits, scan, split

FACTS = Path(__file__).with_name("style_presets.csv")

PRESET_SIDE = 512
"""Shorter side at which the famous paintings are seen, in pixels: large, so that strokes are."""

COLLECTION_SIDE = 256
"""Likewise of the collection's, which are small."""

PUBLIC_DOMAIN = "Public domain; shown is our own texture synthesis"
OURS = "Our own: made of {count} paintings; shown is our own texture synthesis"

EMPHASIS = 0.5
"""How far a movement's brush is from the mean of all movements, as a fraction of the distance that
single paintings have. Plain means over hundreds of paintings are much nearer, and hardly differ.
"""


@dataclass(frozen=True)
class Style:
    """The facts of one preset, as styles.json holds them."""

    name: str
    title: str
    artist: str
    year: int | None
    rights: str
    kind: str
    thumbnail: str


class Encoder:
    """The shipped style encoder in ONNX Runtime, on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.session = cpu_session(folder / ENCODER_FILE)

    @property
    def version(self) -> str:
        """Version of the encoder: vectors of another one mean something else."""
        return str(self.session.get_modelmeta().custom_metadata_map["version"])

    def encode(self, painting: np.ndarray, side: int = STYLE_SIDE) -> np.ndarray:
        """Style vector, float32 [D], of a painting, uint8 RGB [H,W,3], seen at a size."""
        (style,) = self.session.run(None, {"image": prepare_style(painting, side)[None]})
        return np.asarray(style[0])


def famous() -> dict[str, dict[str, str]]:
    """Rows of `FACTS` by the names of their presets."""
    with FACTS.open(newline="", encoding="utf-8") as file:
        return {Path(r["file"]).stem.replace("_", "-"): r for r in csv.DictReader(file)}


def thumbnail(name: str) -> str:
    """Where a preset's swatch is, in the folder of the networks."""
    return f"{THUMBNAILS}/{name}.webp"


def paintings(encoder: Encoder, folder: Path) -> list[tuple[Style, np.ndarray]]:
    """Facts and vectors of the famous paintings.

    Args:
        encoder: the style encoder.
        folder: holds the files of style_presets.csv.

    Raises:
        UserError: one of them is not in the folder.
    """
    found = []
    for name, row in tqdm(famous().items(), "paintings"):
        facts = Style(
            name=name,
            title=row["title"],
            artist=row["artist"],
            year=int(row["year"]) if row["year"] else None,
            rights=PUBLIC_DOMAIN,
            kind="painting",
            thumbnail=thumbnail(name),
        )
        found.append((facts, encoder.encode(load_picture(folder / row["file"]), PRESET_SIDE)))
    return found


def movements(
    encoder: Encoder, collection: Path, splits: Path | None = None
) -> list[tuple[Style, np.ndarray]]:
    """Facts and vectors of the five movements, made of their training paintings.

    Args:
        encoder: the style encoder.
        collection: folder as `training.data.scan` takes it.
        splits: see `training.data.read_splits`.

    Raises:
        UserError: the collection holds no picture.
    """
    vectors: dict[str, list[np.ndarray]] = defaultdict(list)
    named = read_splits(splits) if splits else None
    for record in tqdm(split(scan(collection), [], named=named), "collection"):
        if record.split == "train" and record.movement in MOVEMENTS:
            picture = load_picture(record.path)
            vectors[record.movement].append(encoder.encode(picture, COLLECTION_SIDE))
    brushes = emphasised([np.stack(vectors[movement]) for movement in MOVEMENTS])
    return [
        (
            Style(
                name=movement.lower(),
                title=movement,
                artist="",
                year=None,
                rights=OURS.format(count=len(vectors[movement])),
                kind="movement",
                thumbnail=thumbnail(movement.lower()),
            ),
            brush,
        )
        for movement, brush in zip(MOVEMENTS, brushes, strict=True)
    ]


def emphasised(paintings: list[np.ndarray]) -> np.ndarray:
    """One vector of every movement, float32 [K,D]; see `EMPHASIS`.

    Args:
        paintings: style vectors of each movement's paintings, float32 [N,D] each.
    """
    means = np.stack([each.mean(0) for each in paintings])
    centre = means.mean(0)
    spread = np.linalg.norm(np.concatenate(paintings) - centre, axis=1).mean()
    away = means - centre
    lengths = np.linalg.norm(away, axis=1, keepdims=True).clip(min=1e-6)
    return (centre + EMPHASIS * spread * away / lengths).astype(np.float32)


def write(folder: Path, encoder: Encoder, found: list[tuple[Style, np.ndarray]]) -> None:
    """Write vectors and facts, each atomically."""
    vectors = np.stack([vector for _, vector in found]).astype(np.float16)
    facts = {"encoder_version": encoder.version, "styles": [asdict(style) for style, _ in found]}
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    save_array(folder / VECTORS_FILE, vectors)
    save_atomically(folder / PRESETS_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def main() -> None:
    """Read the command line and write the presets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where both networks are, and the presets go")
    parser.add_argument("--paintings", type=Path, required=True, help="files of style_presets.csv")
    parser.add_argument("--collection", type=Path, required=True, help="paintings by movement")
    parser.add_argument("--splits", type=Path, help="CSV of file and split: what is held out")
    arguments = parser.parse_args()
    encoder = Encoder(arguments.folder)
    found = paintings(encoder, arguments.paintings)
    found += movements(encoder, arguments.collection, arguments.splits)
    write(arguments.folder, encoder, found)
    print(f"{len(found)} styles in {arguments.folder}")


if __name__ == "__main__":
    main()
