"""Parameters of feature visualization, chosen by eye for each layer. Torch-free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.explain.feature_visualization.objective_parser import ObjectiveExpression
from training.common.depths import LAYERS


@dataclass(frozen=True)
class RenderingConfig:
    """How a picture is optimized.

    Attributes:
        size: side of the picture in pixels.
        steps: how many.
        learning_rate: Adam's, of the spectrum; it falls linearly.
        final_share: share of the learning rate that is left in the last step.
        decay: power with which amplitudes fall with frequency; 1 is that of photographs.
        shift: pixels that a view is shifted at most.
        zoom: how much a view is enlarged or shrunk at most, as a share.
        rotation: degrees that a view is rotated at most.
        total_variation: weight of the squared differences of neighbours.
        l2: weight of the squared distance from grey.
    """

    size: int = 128
    steps: int = 48
    learning_rate: float = 0.12
    final_share: float = 0.3
    decay: float = 1.1
    shift: float = 8.0
    zoom: float = 0.1
    rotation: float = 8.0
    total_variation: float = 0.3
    l2: float = 0.1


LAYER_CONFIGS: Mapping[str, RenderingConfig] = {
    layer: RenderingConfig(size=size, shift=shift)
    for layer, size, shift in zip(LAYERS, (64, 96, 112, 128), (32.0, 48.0, 28.0, 16.0), strict=True)
}
"""For a channel of each layer: the deeper, the more of a picture it sees at once. Near an edge all
that a shallow channel sees is the edge, so its picture is shifted as far as it goes."""

MOVEMENT_CONFIG = RenderingConfig(size=192, steps=128, shift=16.0)
"""For a movement: as large as the network's own view."""

_CELL_SHIFT = 4.0  # Pixels: a cell has one place.


def config_for(expression: ObjectiveExpression, size: int, steps: int) -> RenderingConfig:
    """The parameters of the expression's deepest part, for a picture of another size.

    Args:
        expression: what is maximized.
        size: side of the picture in pixels.
        steps: how many.

    Raises:
        UserError: a cell that it names is outside of the picture.
    """
    expression.check(size)
    deepest = max((LAYERS.index(channel.layer) for channel in expression.channels), default=0)
    usual = MOVEMENT_CONFIG if expression.movements else LAYER_CONFIGS[LAYERS[deepest]]
    shift = usual.shift * size / usual.size
    if any(channel.cell for channel in expression.channels):
        shift = _CELL_SHIFT
    return replace(usual, size=size, steps=steps, shift=shift)
