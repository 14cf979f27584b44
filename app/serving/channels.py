"""Which channels of a layer answer to a picture most, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.serving.classifier import cells_within, resize_map
from training.common.depths import DEPTHS, LAYERS
from training.common.preprocessing import Box


@dataclass(frozen=True, eq=False)
class LayerView:
    """How one of LAYERS answers to one picture. Values are those before normalisation and ReLU.

    Attributes:
        layer: its name.
        maps: float32 [C,h,w], of the whole letterboxed square.
        box: where in the square the picture lies.
        size: side of the square in pixels.
        usual: mean and deviation over training paintings of the channels' means, float32 [C] each;
            None where that is not known.
        votes: what one deviation more adds to each movement's logit, float32 [C,K], or None.
    """

    layer: str
    maps: np.ndarray
    box: Box
    size: int
    usual: tuple[np.ndarray, np.ndarray] | None = None
    votes: np.ndarray | None = None

    @cached_property
    def inside(self) -> np.ndarray:
        """The cells that show the picture and not the padding: float32 [C,n]."""
        step = self.size / self.maps.shape[1]
        rows = cells_within(self.box.top, self.box.height, step, self.maps.shape[1])
        columns = cells_within(self.box.left, self.box.width, step, self.maps.shape[2])
        return self.maps[:, rows, columns].reshape(len(self.maps), -1)

    @cached_property
    def means(self) -> np.ndarray:
        """Each channel's mean over the picture, float32 [C]."""
        return self.inside.mean(1)

    @cached_property
    def scores(self) -> np.ndarray:
        """How far each channel's answer stands out, float32 [C].

        In deviations above its usual mean, both over the whole square, as they were measured. Where
        that is not known: how far a channel's strongest cell lies above its others.
        """
        if self.usual is None:
            return _over(self.inside.max(1) - self.means, self.inside.std(1))
        mean, deviation = self.usual
        return _over(self.maps.mean((1, 2)) - mean, deviation)

    @cached_property
    def baselines(self) -> np.ndarray:
        """What counts as no answer: each channel's usual mean, or its mean here; float32 [C]."""
        return self.means if self.usual is None else self.usual[0]

    @cached_property
    def quiet(self) -> np.ndarray:
        """Sparsity: the share of the picture where a channel does not answer, float32 [C]."""
        silent = self.inside <= self.baselines[:, None] + 1e-6
        return silent.mean(1, dtype=np.float32)

    def strongest(self, channels: Iterable[int], count: int) -> list[int]:
        """At most `count` of some channels, the most outstanding first."""
        some = np.array(list(channels), int)
        return some[np.argsort(-self.scores[some], kind="stable")][:count].tolist()

    def heat(self, channel: int, width: int, height: int) -> np.ndarray:
        """Where a channel answers, laid out over the picture: float32 [height,width].

        Positive where it answers more than usual. A map that is the same everywhere has no where.
        """
        cells = self.maps[channel] - self.baselines[channel]
        if self.usual is None and np.ptp(self.inside[channel]) <= 1e-6:
            cells = np.zeros_like(cells)
        return resize_map(cells, self.box, self.size, width, height)


def new_channels(number: int) -> range:
    """The channels that one of DEPTHS, by its number, has and the depth before it has not.

    A block's first depth counts all its channels: what the block was given was made anew for it.
    """
    depth = DEPTHS[number - 1]
    before = DEPTHS[number - 2] if number > 1 else depth
    first = before.channels if before.block == depth.block and before is not depth else 0
    return range(first, depth.channels)


def maker(layer: str, channel: int) -> str:
    """Which place in the network wrote a channel: "conv3_block4", or what the block was given."""
    growth, layers = 32, int(layer.rpartition("block")[2])
    given = next(d.channels for d in DEPTHS if d.name == layer) - growth * layers
    if channel < given:
        index = LAYERS.index(layer)
        return "the stem" if index == 0 else f"the transition after {LAYERS[index - 1]}"
    return f"{layer.partition('_')[0]}_block{1 + (channel - given) // growth}"


def _over(difference: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """A quotient that is 0 where there is no deviation."""
    some = deviation > 1e-6
    return np.where(some, difference / np.where(some, deviation, 1), 0).astype(np.float32)
