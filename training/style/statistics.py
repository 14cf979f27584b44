"""The style target of a painting: statistics of the texture encoder's maps. Torch-free.

For each style layer, at each of a few sizes, there are the maps' means and their Gram matrix, of
which the upper half is kept. No picture can be read from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from training.common.files import save_atomically

TARGETS_FILE = "style_targets.safetensors"
"""Name of the file that holds the statistics of many paintings."""

SIZES = (128, 256, 362, 512)
"""Sides, in pixels, of squares with as many pixels as the paintings are seen with."""


@dataclass(frozen=True, eq=False)
class Moments:
    """First and second moments of one layer's maps.

    Attributes:
        mean: float32 [C].
        gram: mean products, float32 [C,C].
    """

    mean: np.ndarray
    gram: np.ndarray


@dataclass(frozen=True, eq=False)
class StyleStatistics:
    """Statistics of one painting at each of `SIZES`.

    Attributes:
        means: by layer, float16 [S,C].
        halves: by layer, the upper halves of Gram matrices, float16 [S,C*(C+1)/2].
    """

    means: Mapping[str, np.ndarray]
    halves: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, seen: Sequence[Mapping[str, Moments]]) -> "StyleStatistics":
        """Round what was seen at each of `SIZES`, by layer."""
        means, halves = {}, {}
        for name in seen[0]:
            upper = np.triu_indices(len(seen[0][name].mean))
            means[name] = np.stack([size[name].mean for size in seen]).astype(np.float16)
            halves[name] = np.stack([size[name].gram[upper] for size in seen]).astype(np.float16)
        return cls(means, halves)

    def width(self, layer: str) -> int:
        """How many maps a layer has; 0 if nothing is known of it."""
        return self.means[layer].shape[1] if layer in self.means else 0

    def at(self, pixels: float) -> dict[str, Moments]:
        """Those of the painting seen with so many pixels, by layer.

        Between two sizes they are those of both views mixed; beyond, those of the nearest.
        """
        place = np.interp(np.log2(pixels) / 2, np.log2(SIZES), np.arange(len(SIZES)))
        return {name: self._moments(name, float(place)) for name in self.means}

    def _moments(self, name: str, place: float) -> Moments:
        mean = _between(self.means[name], place)
        gram = np.zeros((len(mean), len(mean)), np.float32)
        gram[np.triu_indices(len(mean))] = _between(self.halves[name], place)
        return Moments(mean, gram + np.triu(gram, 1).T)


def _between(rows: np.ndarray, place: float) -> np.ndarray:
    """Row number `place`, which may lie between two, in float32."""
    low = min(int(place), len(rows) - 1)
    high = min(low + 1, len(rows) - 1)
    share = np.float32(place - low)
    mixed: np.ndarray = (1 - share) * rows[low].astype(np.float32) + share * rows[high]
    return mixed


def save_statistics(path: Path, paintings: Mapping[str, StyleStatistics], version: str) -> None:
    """Write the statistics of paintings by name, atomically.

    Args:
        path: the file.
        paintings: by the names of their presets.
        version: of the texture encoder that saw them.
    """
    tensors = {
        f"{kind}.{layer}": np.stack([getattr(each, kind)[layer] for each in paintings.values()])
        for kind in ("means", "halves")
        for layer in next(iter(paintings.values())).means
    }
    metadata = {"encoder_version": version, "names": "\n".join(paintings)}
    save_atomically(path, lambda partial: save_file(tensors, partial, metadata))


def load_statistics(path: Path) -> tuple[dict[str, StyleStatistics], str]:
    """Read what `save_statistics` wrote: statistics by name, and the encoder's version.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else.
    """
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    if not {"encoder_version", "names"} <= metadata.keys():
        raise ValueError(f"{path.name} holds no statistics of paintings")
    names = metadata["names"].split("\n")
    layers = [key.removeprefix("means.") for key in tensors if key.startswith("means.")]
    for key, values in tensors.items():
        if values.shape[:2] != (len(names), len(SIZES)) or not np.isfinite(values).all():
            raise ValueError(f"{path.name} is incomplete at {key}")
    found = {
        name: StyleStatistics(
            {layer: tensors[f"means.{layer}"][i] for layer in layers},
            {layer: tensors[f"halves.{layer}"][i] for layer in layers},
        )
        for i, name in enumerate(names)
    }
    return found, metadata["encoder_version"]
