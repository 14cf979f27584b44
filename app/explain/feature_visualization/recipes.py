"""How pictures are optimised: found by looking, for each layer. Torch-free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.explain.feature_visualization.objective_parser import ObjectiveExpression
from training.common.depths import LAYERS


@dataclass(frozen=True)
class RenderingRecipe:
    """How to go uphill.

    Attributes:
        size: side of the canvas in pixels.
        steps: how many.
        rate: Adam's learning rate, of the spectrum.
        coolest: share of the rate that is left in the last step.
        decay: power with which amplitudes fall with frequency; 1 is that of photographs.
        shift: pixels that a view is shifted at most.
        zoom: how much a view is enlarged or shrunk at most, as a share.
        turn: degrees that a view is turned at most.
        variation: weight of what is rough.
        calm: weight of what is far from grey: colours stay where they please.
    """

    size: int = 128
    steps: int = 48
    rate: float = 0.12
    coolest: float = 0.3
    decay: float = 1.1
    shift: float = 8.0
    zoom: float = 0.1
    turn: float = 8.0
    variation: float = 0.3
    calm: float = 0.1


ATLAS: Mapping[str, RenderingRecipe] = {
    layer: RenderingRecipe(size=size, shift=shift)
    for layer, size, shift in zip(LAYERS, (64, 96, 112, 128), (32.0, 48.0, 28.0, 16.0), strict=True)
}
"""For a channel of each layer: the deeper, the more of a picture it sees at once. Near an edge all
that a shallow channel sees is the edge, so its canvas is shifted as far as it goes."""

MOVEMENT = RenderingRecipe(size=192, steps=128, shift=16.0)
"""For a movement: as large as the network's own view."""

_STEADY = 4.0  # Pixels: a cell has one place.


def recipe_for(expression: ObjectiveExpression, size: int, steps: int) -> RenderingRecipe:
    """How to go for a wish: as for its deepest part, on a canvas of another size.

    Args:
        expression: what the picture shall please.
        size: side of the canvas in pixels.
        steps: how many.

    Raises:
        UserError: a cell that it names is beyond the canvas.
    """
    expression.check(size)
    deepest = max((LAYERS.index(channel.layer) for channel in expression.channels), default=0)
    usual = MOVEMENT if expression.movements else ATLAS[LAYERS[deepest]]
    shift = usual.shift * size / usual.size
    if any(channel.cell for channel in expression.channels):
        shift = _STEADY
    return replace(usual, size=size, steps=steps, shift=shift)
