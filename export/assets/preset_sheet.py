"""Make the README's picture of eight presets, with the shipped networks.

    python -m export.assets.preset_sheet

First row: the photographs' styles, as our own texture syntheses of the paintings (the paintings
themselves are not ours to ship). Below, one row for each photograph: itself, then painted.
"""

import argparse
import functools
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from export.onnx.session import cpu_session
from training.common.files import save_atomically
from training.common.preprocessing import resize
from training.common.shipped_files import PRESETS_FILE, STYLIZER_FILE, VECTORS_FILE
from training.data import load_picture
from training.style.pairs import square

OUT = Path(".github/pictures/presets.webp")

PRESETS = (
    "gogh-the-starry-night",
    "munch-the-scream",
    "kandinsky-composition-viii",
    "klimt-the-kiss",
    "hokusai-the-great-wave",
    "monet-water-lily-pond",
    "matisse-dance",
    "degas-blue-dancers",
)

PAINTED, CELL, GAP, LINE = 512, 240, 8, 28
"""Side at which photographs are painted; side, distance and height of a caption on the sheet."""


def photographs() -> list[np.ndarray]:
    """Two of scikit-image's photographs (public domain, CC0), uint8 RGB [PAINTED,PAINTED,3]."""
    return [square(each, PAINTED) for each in (data.astronaut(), data.coffee())]


def rows(folder: Path) -> list[list[np.ndarray]]:
    """The pictures of the sheet, uint8 RGB [CELL,CELL,3] each; the first of all is white.

    Args:
        folder: holds the networks and presets.

    Raises:
        OSError: a file is missing.
        KeyError: a preset is missing.
    """
    styles = json.loads((folder / PRESETS_FILE).read_text(encoding="utf-8"))["styles"]
    vectors = np.load(folder / VECTORS_FILE).astype(np.float32)
    known = {style["name"]: (style, v) for style, v in zip(styles, vectors, strict=True)}
    chosen = [known[name] for name in PRESETS]
    session = cpu_session(folder / STYLIZER_FILE)
    blank = np.full((CELL, CELL, 3), 255, np.uint8)
    swatches = [load_picture(folder / style["thumbnail"]) for style, _ in chosen]
    found = [[blank, *(square(swatch, CELL) for swatch in swatches)]]
    for photograph in photographs():
        line = [photograph]
        for _, vector in chosen:
            inputs = {"image": photograph[None], "style": vector[None]}
            line.append(session.run(["picture"], inputs)[0][0])
        found.append([resize(each, CELL, CELL) for each in line])
    return found


def main() -> None:
    """Read the command line and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("onnx_models"))
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    styles = json.loads((arguments.folder / PRESETS_FILE).read_text(encoding="utf-8"))["styles"]
    titles = {style["name"]: style["title"] for style in styles}
    lines = rows(arguments.folder)
    step = CELL + GAP
    sheet = Image.new("RGB", (step * len(lines[0]) - GAP, step * len(lines) - GAP + LINE), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for column, name in enumerate(PRESETS, start=1):
        centre = column * step + CELL // 2
        draw.text((centre, LINE // 2), titles[name], "black", font, anchor="mm")
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            sheet.paste(Image.fromarray(cell), (column * step, row * step + LINE))
    save_atomically(arguments.out, functools.partial(sheet.save, format="WEBP", quality=85))


if __name__ == "__main__":
    main()
