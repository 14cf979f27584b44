"""How a picture is optimised: layers, weights, optimiser. Torch-free: the page lists the presets.

Losses are relative, each divided by its target's energy (see `training.style.losses`), so alpha
and beta mean the same at every size, layer and network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Statistics = Literal["gram", "moments", "both"]
"""What a style is made of: Gram matrices (Gatys 2016), means and deviations (Li 2017), or both."""

Optimiser = Literal["adam", "lbfgs"]

Start = Literal["content", "style", "noise", "picture"]
"""What a run starts from; "picture" is `OptimizationSpec.start`, such as the instant stylizer's."""

Pooling = Literal["max", "average"]

NETWORKS = {"texture": "texture encoder", "vgg19": "VGG19"}
"""Feature networks and what people call them, the default one first."""

STYLE_LAYERS = {f"relu{stage}_1": 1.0 for stage in range(1, 6)}


BALANCE_RANGE = 10.0
"""How far the balance between photograph and painting goes, each way."""


@dataclass(frozen=True)
class OptimizeRecipe:
    """Everything about an optimisation but the pictures and their size.

    Attributes:
        title: for people.
        content: weight of each content layer by VGG19's name; scaled to a sum of 1.
        style: likewise of each style layer.
        statistics: what is compared in the style layers.
        alpha: weight of the content loss.
        beta: weight of the style loss, where the balance is in the middle.
        balance: from 0, near the photograph, to 1, near the painting; see `style_weight`.
        rooted: minimise the root of the style loss. Its slope does not grow with the loss, so that
            the content is not lost on the way while the style is still far.
        variation: weight of the total variation.
        optimiser: Adam (Kingma 2015) on an averaged iterate, or L-BFGS (Liu and Nocedal 1989).
        rate: Adam's learning rate, as a share of the range from black to white.
        average: decay of Adam's averaged iterate; 0 for none.
        start: what the first scale starts from.
        scales: how many sizes, coarse to fine, each about 1.4 times the last one's sides; 0 takes
            as many as fit between the smallest useful size and the picture's.
        steps: of all scales together, where no time was given.
        pooling: in place of the network's own, where it can be chosen (VGG19).
        style_scale: how large style pictures are seen, beside the content.
    """

    title: str
    content: Mapping[str, float] = field(default_factory=lambda: {"relu4_1": 1.0})
    style: Mapping[str, float] = field(default_factory=lambda: dict(STYLE_LAYERS))
    statistics: Statistics = "both"
    alpha: float = 1.0
    beta: float = 60.0
    balance: float = 0.5
    rooted: bool = False
    variation: float = 2.0
    optimiser: Optimiser = "adam"
    rate: float = 0.05
    average: float = 0.7
    start: Start = "content"
    scales: int = 0
    steps: int = 200
    pooling: Pooling = "average"
    style_scale: float = 1.0

    @property
    def style_weight(self) -> float:
        """Beta by the balance: `BALANCE_RANGE` times as much at 1, as little at 0."""
        return self.beta * BALANCE_RANGE ** (2 * self.balance - 1)


PRESETS = {
    "deep-brush": OptimizeRecipe(
        "Deep Brush", content={"relu3_1": 1.0, "relu4_1": 1.0}, rooted=True
    ),
    "gatys": OptimizeRecipe(
        "Gatys 2016",
        content={"relu4_2": 1.0},
        statistics="gram",
        variation=0.0,
        optimiser="lbfgs",
        scales=1,
        steps=300,
    ),
    "bruno": OptimizeRecipe(
        "All layers, one size",
        content=dict(STYLE_LAYERS),
        statistics="gram",
        variation=0.0,
        average=0.0,
        scales=1,
        steps=300,
        pooling="max",
    ),
}
"""Recipes by name, the best one first."""
