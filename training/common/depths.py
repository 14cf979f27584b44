"""The layers of DenseNet-121 that the app shows, by Keras' names. Torch-free.

A dense block only ever appends: its output holds the block's input and what each of its layers
added. So every feature map that the network writes is a channel of one of the four LAYERS, and the
map after the k-th layer of a block is the first `channels` of the block's output, to the number.
"""

from dataclasses import dataclass

_STEM = 64
_GROWTH = 32
_BLOCKS = (6, 12, 24, 16)


@dataclass(frozen=True)
class Depth:
    """A place between two layers that all later ones depend on through this tensor alone.

    Attributes:
        number: 1 (shallow) to 9 (the last feature map).
        name: such as "conv4_block8": after the 8th layer of the third dense block.
        block: 1 to 4, the dense block.
        layer: 1 to 24, the layer in that block.
        channels: of the concatenation of the block's input and its layers so far.
        stride: pixels of the network's input from cell to cell.
    """

    number: int
    name: str
    block: int
    layer: int
    channels: int
    stride: int

    @property
    def output(self) -> str:
        """The one of LAYERS that begins with this depth's channels."""
        return LAYERS[self.block - 1]


LAYERS = tuple(f"conv{block + 2}_block{layers}" for block, layers in enumerate(_BLOCKS))
"""The outputs of the four dense blocks, before the normalisation and ReLU that follow."""


def _channels(block: int, layer: int) -> int:
    channels = _STEM
    for layers in _BLOCKS[: block - 1]:
        channels = (channels + layers * _GROWTH) // 2
    return channels + layer * _GROWTH


_PLACES = ((1, 2), (1, 6), (2, 4), (2, 12), (3, 8), (3, 16), (3, 24), (4, 8), (4, 16))

DEPTHS = tuple(
    Depth(
        i + 1, f"conv{block + 1}_block{layer}", block, layer, _channels(block, layer), 2**block * 2
    )
    for i, (block, layer) in enumerate(_PLACES)
)
"""Nine depths from shallow to deep."""

CHANNELS = {
    name: _channels(block + 1, layers)
    for block, (name, layers) in enumerate(zip(LAYERS, _BLOCKS, strict=True))
}
"""Channels of each of LAYERS."""
