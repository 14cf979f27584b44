"""Which channels of a layer are most active in a picture, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.serving.classifier import cells_within, resize_map
from app.translation import gettext as _
from training.common.depths import DEPTHS, LAYERS
from training.common.preprocessing import Box


@dataclass(frozen=True, eq=False)
class LayerActivations:
    """The activations of one of LAYERS for one picture, before normalisation and ReLU.

    Attributes:
        layer: its name.
        maps: float32 [C,h,w], of the whole letterboxed square.
        box: where in the square the picture is.
        size: side of the square in pixels.
        statistics: mean and deviation over training paintings of the channels' means, float32 [C]
            each; None where they are not known.
        votes: what one deviation more adds to each movement's logit, float32 [C,K], or None.
    """

    layer: str
    maps: np.ndarray
    box: Box
    size: int
    statistics: tuple[np.ndarray, np.ndarray] | None = None
    votes: np.ndarray | None = None

    @cached_property
    def cells(self) -> np.ndarray:
        """The cells that show the picture and not the padding: float32 [C,n]."""
        step = self.size / self.maps.shape[1]
        rows = cells_within(self.box.top, self.box.height, step, self.maps.shape[1])
        columns = cells_within(self.box.left, self.box.width, step, self.maps.shape[2])
        return self.maps[:, rows, columns].reshape(len(self.maps), -1)

    @cached_property
    def means(self) -> np.ndarray:
        """Each channel's mean over the picture, float32 [C]."""
        return self.cells.mean(1)

    @cached_property
    def scores(self) -> np.ndarray:
        """How far each channel stands out, float32 [C].

        In deviations above its mean in paintings, both over the whole square, as they were
        measured. Where that is not known: how far a channel's strongest cell is above its others.
        """
        if self.statistics is None:
            return _divide(self.cells.max(1) - self.means, self.cells.std(1))
        mean, deviation = self.statistics
        return _divide(self.maps.mean((1, 2)) - mean, deviation)

    @cached_property
    def baselines(self) -> np.ndarray:
        """What counts as inactive: each channel's mean in paintings, or else here; float32 [C]."""
        return self.means if self.statistics is None else self.statistics[0]

    @cached_property
    def sparsity(self) -> np.ndarray:
        """The share of the picture where a channel is inactive, float32 [C], 0..1."""
        inactive = self.cells <= self.baselines[:, None] + 1e-6
        return inactive.mean(1, dtype=np.float32)

    def strongest(self, channels: Iterable[int], count: int) -> list[int]:
        """At most `count` of some channels, the most outstanding first."""
        some = np.array(list(channels), int)
        return some[np.argsort(-self.scores[some], kind="stable")][:count].tolist()

    def heat_map(self, channel: int, width: int, height: int) -> np.ndarray:
        """Where a channel is active, enlarged to the picture: float32 [height,width].

        Positive where it is more active than usual. Zeros if the map is the same everywhere.
        """
        cells = self.maps[channel] - self.baselines[channel]
        if self.statistics is None and np.ptp(self.cells[channel]) <= 1e-6:
            cells = np.zeros_like(cells)
        return resize_map(cells, self.box, self.size, width, height)


def new_channels(number: int) -> range:
    """The channels that one of DEPTHS, by its number, has and the depth before it has not.

    A block's first depth counts all its channels: the transition before it has computed new ones.
    """
    depth = DEPTHS[number - 1]
    before = DEPTHS[number - 2] if number > 1 else depth
    first = before.channels if before.block == depth.block and before is not depth else 0
    return range(first, depth.channels)


def computed_by(layer: str, channel: int) -> str:
    """Which part of the network computes a channel: "conv3_block4", or what precedes the block."""
    growth, layers = 32, int(layer.rpartition("block")[2])
    inputs = next(d.channels for d in DEPTHS if d.name == layer) - growth * layers
    if channel < inputs:
        index = LAYERS.index(layer)
        if index == 0:
            return _("the stem")
        return _("the transition after {layer}").format(layer=LAYERS[index - 1])
    return f"{layer.partition('_')[0]}_block{1 + (channel - inputs) // growth}"


def _divide(difference: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """A quotient that is 0 where there is no deviation."""
    some = deviation > 1e-6
    return np.where(some, difference / np.where(some, deviation, 1), 0).astype(np.float32)
