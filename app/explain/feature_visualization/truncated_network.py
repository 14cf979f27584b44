"""Just as much of DenseNet-121 as an objective needs, and its channels on one scale.

A dense block only appends (see `training.common.depths`), so a channel is there for good once the
layer that makes it has run: what comes later is never computed.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from training.common.depths import LAYERS
from training.networks import MovementNetwork

MOVEMENTS = "movements"
"""Name of the logits among what a sight gives."""

Seen = Mapping[str, Tensor]
"""Maps [N,c,h,w] by the names of LAYERS, and logits [N,K] as MOVEMENTS; float32."""

NORMS = dict(
    zip(LAYERS, ("transition1.norm", "transition2.norm", "transition3.norm", "norm5"), strict=True)
)
"""The batch normalisation that each of LAYERS goes into."""


class TruncatedNetwork:
    """Sees pictures as far as is needed.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        wanted: how many of a layer's first channels are needed, by its name.
        movements: whether the logits are needed too.
        reduced: whether to compute in bfloat16.
    """

    def __init__(
        self,
        network: MovementNetwork,
        wanted: Mapping[str, int],
        *,
        movements: bool = False,
        reduced: bool = False,
    ) -> None:
        self.network, self.reduced, self.movements = network, reduced, movements
        self.wanted = dict(wanted)
        self._usual = {name: _usual(network.features.get_submodule(NORMS[name])) for name in wanted}

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        """RGB float32 [N,3,S,S] in [0,1] to what was wanted.

        Maps are counted in standard deviations from the mean, both over the training pictures
        (what the batch normalisation after the layer has kept).
        """
        seen: dict[str, Tensor] = {}
        maps = self.network.standardise(pictures)
        maps = maps.contiguous(memory_format=torch.channels_last)
        kind = maps.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=self.reduced):
            self._run(maps, seen)
        return seen

    def _run(self, maps: Tensor, seen: dict[str, Tensor]) -> None:
        stages = dict(self.network.features.named_children())
        for name in ("conv0", "norm0", "relu0", "pool0"):
            maps = stages[name](maps)
        for block, layer in enumerate(LAYERS, start=1):
            last = not self.movements and not any(name in self.wanted for name in LAYERS[block:])
            enough = self.wanted.get(layer) if last else None
            maps = _run_block(stages[f"denseblock{block}"], maps, enough)
            if layer in self.wanted:
                seen[layer] = self._standardised(layer, maps)
            if last:
                return
            if block < len(LAYERS):
                maps = stages[f"transition{block}"](maps)
        embedding = self._exact(stages["relu5"](stages["norm5"](maps))).mean((2, 3))
        seen[MOVEMENTS] = self._exact(self.network.classifier(self.network.norm(embedding)))

    def _standardised(self, layer: str, maps: Tensor) -> Tensor:
        count = self.wanted[layer]
        mean, deviation = (each[:count].view(1, -1, 1, 1) for each in self._usual[layer])
        return (self._exact(maps[:, :count]) - mean) / deviation

    def _exact(self, values: Tensor) -> Tensor:
        return values.float() if self.reduced else values


def _run_block(block: nn.Module, maps: Tensor, enough: int | None) -> Tensor:
    """[N,c,h,w] through a block's layers, until there are enough channels."""
    for layer in block.children():
        if enough is not None and maps.shape[1] >= enough:
            break
        maps = torch.cat([maps, layer(maps)], 1)
    return maps


def _usual(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, float32 [C], that a normalisation has kept."""
    assert isinstance(norm, nn.BatchNorm2d)
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    return mean, variance.clamp(min=norm.eps).sqrt()
