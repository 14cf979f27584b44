"""Thumbnails of many pictures in one sprite, which a browser fetches at once and cuts up."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from PIL import Image

from app.imaging import data_uri

_FEW, _LARGE, _SMALL = 100, 96, 64  # Up to so many are so large, more are so small, in pixels.
_WIDEST, _NARROWEST = 0.3, 0.06  # Longest side on a map from -1 to 1.


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """A sprite: cells in rows, each with a thumbnail in its upper left corner.

    Attributes:
        sprite: uint8 RGB [H,W,3].
        cell: side of a cell in pixels, the longest that a thumbnail can have.
        columns: cells side by side.
        sizes: width and height of each thumbnail in pixels.
    """

    sprite: np.ndarray
    cell: int
    columns: int
    sizes: tuple[tuple[int, int], ...]

    @classmethod
    def gather(cls, files: Sequence[bytes]) -> Self:
        """Put pictures together; `files` are at least one, each a small picture's content."""
        cell = _LARGE if len(files) <= _FEW else _SMALL
        columns = math.ceil(math.sqrt(len(files)))
        rows = math.ceil(len(files) / columns)
        sprite = Image.new("RGB", (columns * cell, rows * cell))
        sizes = []
        for number, file in enumerate(files):
            with Image.open(io.BytesIO(file)) as image:
                small = image.convert("RGB")
            small.thumbnail((cell, cell))
            sprite.paste(small, (number % columns * cell, number // columns * cell))
            sizes.append(small.size)
        return cls(np.asarray(sprite), cell, columns, tuple(sizes))

    def on_map(
        self, places: Sequence[tuple[float, float]], groups: Sequence[tuple[str, str]]
    ) -> dict[str, Any]:
        """What `plot.js` needs to show them on a map.

        Args:
            places: x and y of each picture's middle.
            groups: name and colour of each picture's group.
        """
        side = float(np.clip(1.6 / math.sqrt(len(places)), _NARROWEST, _WIDEST))
        shown = [
            {
                "x": round(x, 4),
                "y": round(y, 4),
                "width": width,
                "height": height,
                "group": group,
                "colour": colour,
            }
            for (x, y), (width, height), (group, colour) in zip(
                places, self.sizes, groups, strict=True
            )
        ]
        return {
            "source": data_uri(self.sprite, 75),
            "cell": self.cell,
            "columns": self.columns,
            "unit": side / self.cell,
            "shown": shown,
        }
