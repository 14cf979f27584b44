"""The brushes that the app offers: style vectors of famous paintings and of the five movements.

    python -m export.gallery onnx_models --paintings FOLDER --collection PAINTINGS

No painting is shipped. Of each there is a vector, its facts (export/gallery.csv says which file of
FOLDER is which painting), and a thumbnail that the stylizer itself paints from a CC0 photograph. A
movement's vector points from the mean of all movements to the mean over its training paintings in
the collection (as `training.data` reads one). Writes styles.json, styles.npy (float16 [P,D], in the
same order) and styles/NAME.webp.
"""

import argparse
import csv
import functools
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data
from tqdm import tqdm

from export.session import cpu_session
from training.data import load_picture, scan, split
from training.files import save_array, save_atomically
from training.movements import MOVEMENTS
from training.preprocessing import resize
from training.style.preparation import prepare_style
from training.style.shipped import (
    ENCODER_FILE,
    LIST_FILE,
    STYLIZER_FILE,
    THUMBNAILS,
    VECTORS_FILE,
)

FACTS = Path(__file__).with_name("gallery.csv")

THUMBNAIL_SIDE = 224
PUBLIC_DOMAIN = "Public domain; shown is our own rendering of a CC0 photograph"
OURS = "Our own: made of {count} paintings; shown is our own rendering of a CC0 photograph"

EMPHASIS = 0.5
"""How far a movement's brush is from the mean of all movements, as a fraction of the distance that
single paintings have. Plain means over hundreds of paintings are much nearer, and all look alike.
"""


@dataclass(frozen=True)
class Style:
    """The facts of one brush, as styles.json holds them."""

    name: str
    title: str
    artist: str
    year: int | None
    rights: str
    kind: str
    thumbnail: str


class Networks:
    """Both shipped networks in ONNX Runtime, on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.encoder = cpu_session(folder / ENCODER_FILE)
        self.stylizer = cpu_session(folder / STYLIZER_FILE)

    @property
    def version(self) -> str:
        """Version of the encoder: vectors of another one mean something else."""
        return str(self.encoder.get_modelmeta().custom_metadata_map["version"])

    def encode(self, painting: np.ndarray) -> np.ndarray:
        """Style vector, float32 [D], of a painting, uint8 RGB [H,W,3]."""
        (style,) = self.encoder.run(None, {"image": prepare_style(painting)[None]})
        return np.asarray(style[0])

    def paint(self, photograph: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Paint uint8 RGB [H,W,3] with a vector, float32 [D]."""
        inputs = {"image": photograph[None], "style": style[None]}
        (picture,) = self.stylizer.run(["picture"], inputs)
        return np.asarray(picture[0])


def paintings(networks: Networks, folder: Path) -> list[tuple[Style, np.ndarray]]:
    """Facts and vectors of the famous paintings.

    Raises:
        OSError: one of them is not in the folder.
    """
    found = []
    with FACTS.open(newline="", encoding="utf-8") as file:
        for row in tqdm(list(csv.DictReader(file)), "paintings"):
            name = Path(row["file"]).stem.replace("_", "-")
            facts = Style(
                name=name,
                title=row["title"],
                artist=row["artist"],
                year=int(row["year"]) if row["year"] else None,
                rights=PUBLIC_DOMAIN,
                kind="painting",
                thumbnail=f"{THUMBNAILS}/{name}.webp",
            )
            found.append((facts, networks.encode(load_picture(folder / row["file"]))))
    return found


def movements(networks: Networks, collection: Path) -> list[tuple[Style, np.ndarray]]:
    """Facts and vectors of the five movements, made of their training paintings.

    Raises:
        FileNotFoundError: the collection holds no picture.
    """
    vectors: dict[str, list[np.ndarray]] = defaultdict(list)
    for record in tqdm(split(scan(collection), []), "collection"):
        if record.split == "train" and record.movement in MOVEMENTS:
            vectors[record.movement].append(networks.encode(load_picture(record.path)))
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
                thumbnail=f"{THUMBNAILS}/{movement.lower()}.webp",
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


def write(folder: Path, networks: Networks, found: list[tuple[Style, np.ndarray]]) -> None:
    """Write vectors, facts and thumbnails, each atomically."""
    vectors = np.stack([vector for _, vector in found]).astype(np.float16)
    facts = {"encoder_version": networks.version, "styles": [asdict(style) for style, _ in found]}
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    photograph = resize(data.chelsea()[:, 75:375], THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    for (style, _), vector in zip(found, vectors, strict=True):
        image = Image.fromarray(networks.paint(photograph, vector.astype(np.float32)))
        save = functools.partial(image.save, format="WEBP", quality=80, method=6)
        save_atomically(folder / style.thumbnail, save)
    save_array(folder / VECTORS_FILE, vectors)
    save_atomically(folder / LIST_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def main() -> None:
    """Read the command line and write the gallery."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where both networks are, and the gallery goes")
    parser.add_argument("--paintings", type=Path, required=True, help="files of gallery.csv")
    parser.add_argument("--collection", type=Path, required=True, help="paintings by movement")
    arguments = parser.parse_args()
    networks = Networks(arguments.folder)
    found = paintings(networks, arguments.paintings) + movements(networks, arguments.collection)
    write(arguments.folder, networks, found)
    print(f"{len(found)} styles in {arguments.folder}")


if __name__ == "__main__":
    main()
