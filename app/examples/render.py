"""Paint the example pictures again: `python -m app.examples.render [FOLDER]`.

Motifs are drawn with plain shapes and then painted over with `stroke_renderer.paint`; `table` is
seen through a few prisms first. The same seed gives the same picture.
"""

import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from app.examples.motifs import draw_harbour, draw_night, draw_table, smooth_noise
from app.examples.stroke_renderer import Brushstrokes, along_edges, paint
from app.imaging import read_picture

SEED = 2


def harbour(rng: np.random.Generator) -> np.ndarray:
    """Small broken touches, as the Impressionists set them. uint8 RGB [H,W,3]."""
    motif, horizon = draw_harbour(rng)
    field = 0.5 * smooth_noise(rng, motif.shape, 160)
    field[horizon:] *= 0.36  # Water lies flatter than cloud.
    return paint(motif, field, Brushstrokes((26, 14, 8), 2.1, wobble=9, broken=9, care=12), rng)


def night(rng: np.random.Generator) -> np.ndarray:
    """Long strokes that circle the moon, as the Expressionists drew them. uint8 RGB [H,W,3]."""
    motif, field = draw_night(rng)
    return paint(motif, field, Brushstrokes((20, 11, 6), 3.6, wobble=7, broken=15, care=16), rng)


def table(rng: np.random.Generator) -> np.ndarray:
    """A still life seen from several places at once, as the Cubists did. uint8 RGB [H,W,3]."""
    motif = _through_prisms(draw_table(), rng)
    return paint(
        motif, along_edges(motif), Brushstrokes((14, 8, 4), 2.2, wobble=5, broken=7, care=11), rng
    )


def fields(rng: np.random.Generator) -> np.ndarray:
    """Three soft rectangles on a ground and nothing else. uint8 RGB [H,W,3]."""
    shape = height, width = 920, 760
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    layers = np.array([122, 34, 30]) + 6 * smooth_noise(rng, shape, 90)[..., None]
    for top, bottom, colour in (
        (64, 350, (226, 116, 30)),
        (384, 560, (38, 26, 50)),
        (596, 856, (198, 48, 40)),
    ):
        frayed = 6 * smooth_noise(rng, shape, 70) + 1.5 * smooth_noise(rng, shape, 18)
        inside = np.ones(shape)
        for distance in (x - 62, width - 62 - x, y - top, bottom - y):
            inside = inside / (1 + np.exp(-np.clip((distance + frayed) / 8, -40, 40)))
        brushed = cv2.resize(rng.standard_normal((height // 3, width // 40)), (width, height))
        tones = (
            11 * smooth_noise(rng, shape, 110) + 5 * smooth_noise(rng, shape, 34) + 3.4 * brushed
        )
        layer = np.array(colour) + tones[..., None]
        layers += 0.94 * inside[..., None] * (layer - layers)
    weave = 2.4 * np.sin(1.9 * x) * np.cos(1.9 * y) + rng.normal(0, 1.4, shape)
    return np.clip(layers + weave[..., None], 0, 255).astype(np.uint8)


def coffee(rng: np.random.Generator) -> np.ndarray:
    """After the photograph by Rachel Michetti that scikit-image ships (CC0). uint8 RGB [H,W,3]."""
    photo = read_picture((files("skimage.data") / "coffee.png").read_bytes())
    motif = cv2.resize(photo, (960, 640), interpolation=cv2.INTER_CUBIC)
    strokes = Brushstrokes((18, 9, 5, 3), 2.6, wobble=6, broken=6, care=10)
    return paint(motif, along_edges(motif), strokes, rng)


PAINTINGS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "harbour": harbour,
    "night": night,
    "table": table,
    "fields": fields,
    "coffee": coffee,
}


def _through_prisms(picture: np.ndarray, rng: np.random.Generator, count: int = 26) -> np.ndarray:
    """Shift and shade a picture inside `count` random wedges. uint8 RGB [H,W,3] -> the same."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shift_x, shift_y, tone = (np.zeros((height, width), np.float32) for _ in range(3))
    for _ in range(count):
        # A few preferred angles hold the composition together.
        angle = rng.choice([0.25, 1.0, 1.35, 2.0, 2.6]) + rng.normal(0, 0.1)
        left, top = rng.uniform(0.1, 0.9, 2) * (width, height)
        depth = (x - left) * np.cos(angle) + (y - top) * np.sin(angle)
        along = (y - top) * np.cos(angle) - (x - left) * np.sin(angle)
        wedge = np.abs(along + 0.35 * depth) < rng.uniform(140, 420)
        wedge &= (depth > 0) & (depth < rng.uniform(90, 260))
        fade = np.exp(-np.maximum(depth, 0) / rng.uniform(50, 140))
        tone += wedge * rng.choice([-1, 1]) * rng.uniform(16, 46) * fade
        shift_x += wedge * rng.normal(0, 12)
        shift_y += wedge * rng.normal(0, 12)
    seen = cv2.remap(
        picture, x + shift_x, y + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.clip(seen + tone[..., None] * np.array([1, 0.95, 0.85]), 0, 255).astype(np.uint8)


def main(folder: Path) -> None:
    """Paint all examples into a folder as WebP."""
    for name, make in PAINTINGS.items():
        picture = make(np.random.default_rng(SEED))
        Image.fromarray(picture).save(folder / f"{name}.webp", quality=82, method=6)
        print(f"{folder / name}.webp  {picture.shape[1]} x {picture.shape[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
