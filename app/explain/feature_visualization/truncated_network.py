"""Just as much of DenseNet-121 as an objective needs, and its channels on one scale.

A dense block only appends (see `training.common.depths`), so a channel is final once the layer that
computes it has run: what follows is never computed.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from training.common.depths import LAYERS
from training.networks import MovementNetwork

MOVEMENTS = "movements"
"""Name of the logits among the activations."""

Activations = Mapping[str, Tensor]
"""Maps [N,c,h,w] by the names of LAYERS, and logits [N,K] as MOVEMENTS; float32."""

NORMS = dict(
    zip(LAYERS, ("transition1.norm", "transition2.norm", "transition3.norm", "norm5"), strict=True)
)
"""The batch normalisation that each of LAYERS goes into."""


class TruncatedNetwork:
    """Runs a network as far as is needed.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        channels: how many of a layer's first channels are needed, by its name.
        movements: whether the logits are needed too.
        bfloat16: whether to compute in bfloat16.
    """

    def __init__(
        self,
        network: MovementNetwork,
        channels: Mapping[str, int],
        *,
        movements: bool = False,
        bfloat16: bool = False,
    ) -> None:
        self.network, self.bfloat16, self.movements = network, bfloat16, movements
        self.channels = dict(channels)
        self._statistics = {
            name: _batch_statistics(network.features.get_submodule(NORMS[name]))
            for name in channels
        }

    def __call__(self, pictures: Tensor) -> dict[str, Tensor]:
        """RGB float32 [N,3,S,S] in [0,1] to the activations that are needed.

        Maps are in standard deviations from the mean, both over the training pictures (what the
        batch normalisation after the layer has kept).
        """
        activations: dict[str, Tensor] = {}
        maps = self.network.standardise(pictures)
        maps = maps.contiguous(memory_format=torch.channels_last)
        with torch.autocast(maps.device.type, torch.bfloat16, enabled=self.bfloat16):
            self._run(maps, activations)
        return activations

    def _run(self, maps: Tensor, activations: dict[str, Tensor]) -> None:
        modules = dict(self.network.features.named_children())
        for name in ("conv0", "norm0", "relu0", "pool0"):
            maps = modules[name](maps)
        for block, layer in enumerate(LAYERS, start=1):
            last = not self.movements and not any(name in self.channels for name in LAYERS[block:])
            channels = self.channels.get(layer) if last else None
            maps = _run_block(modules[f"denseblock{block}"], maps, channels)
            if layer in self.channels:
                activations[layer] = self._standardized(layer, maps)
            if last:
                return
            if block < len(LAYERS):
                maps = modules[f"transition{block}"](maps)
        embedding = self._to_float32(modules["relu5"](modules["norm5"](maps))).mean((2, 3))
        logits = self.network.classifier(self.network.norm(embedding))
        activations[MOVEMENTS] = self._to_float32(logits)

    def _standardized(self, layer: str, maps: Tensor) -> Tensor:
        count = self.channels[layer]
        mean, deviation = (each[:count].view(1, -1, 1, 1) for each in self._statistics[layer])
        return (self._to_float32(maps[:, :count]) - mean) / deviation

    def _to_float32(self, values: Tensor) -> Tensor:
        return values.float() if self.bfloat16 else values


def _run_block(block: nn.Module, maps: Tensor, channels: int | None) -> Tensor:
    """[N,c,h,w] through a block's layers, until there are as many channels as are needed."""
    for layer in block.children():
        if channels is not None and maps.shape[1] >= channels:
            break
        maps = torch.cat([maps, layer(maps)], 1)
    return maps


def _batch_statistics(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, float32 [C], that a normalisation has kept."""
    assert isinstance(norm, nn.BatchNorm2d)
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    return mean, variance.clamp(min=norm.eps).sqrt()
