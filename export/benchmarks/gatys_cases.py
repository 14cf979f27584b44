"""Who paints what in the benchmark of painting slowly."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.optimize.budget import fitted
from app.optimize.engine import Optimization
from app.optimize.features import FeatureNetwork
from app.optimize.objective import fit_style
from app.optimize.recipe import PRESETS
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.optimize.tensors import to_tensor
from export.benchmarks.pytorch_tutorial import random_vgg, tutorial, tutorial_losses
from training.common.preprocessing import resize
from training.networks.texture_encoder import load_texture_encoder

RECIPE = PRESETS["deep-brush"]
OURS, OURS_VGG, TUTORIAL = "ours, texture encoder", "ours, VGG19", "tutorial, VGG19"
CONTESTANTS = (TUTORIAL, OURS_VGG, OURS)


@dataclass(frozen=True, eq=False)
class BenchmarkCase:
    """What is painted: a photograph and a style, uint8 RGB [H,W,3], and what with."""

    content: np.ndarray
    style: np.ndarray
    encoder: Path
    device: torch.device

    @cached_property
    def texture(self) -> FeatureNetwork:
        """Our texture encoder, as the app has it."""
        return self._ready(load_texture_encoder(self.encoder)[0].requires_grad_(False))

    def tensors(self, side: int) -> tuple[Tensor, Tensor]:
        """Photograph and style at a size, RGB float32 [1,3,H,W] in [0,1]."""
        width, height = fitted(self.content.shape[1], self.content.shape[0], side)
        style = fit_style(self.style, width * height, RECIPE)
        content = resize(self.content, width, height)
        return to_tensor(content, self.device), to_tensor(style, self.device)

    def optimisation(
        self,
        side: int,
        network: FeatureNetwork | None = None,
        *,
        seconds: float | None = None,
        start: np.ndarray | None = None,
        **changes: int,
    ) -> Optimization:
        """Our default at one size, but for a recipe's `changes`, and a start if there is one."""
        styles, recipe = (StyleSpec(self.style),), replace(RECIPE, **changes)  # type: ignore[arg-type]
        if start is not None:
            recipe = replace(recipe, start="picture")
        spec = OptimizationSpec(self.content, styles, recipe, seconds, side, start, keep_size=True)
        return Optimization(spec, network or self.texture, self.device)

    def contestant(self, name: str, side: int) -> Iterator[object]:
        """Steps at one size, more than anybody waits for."""
        if name == TUTORIAL:
            content, style = (x.contiguous() for x in self.tensors(side))
            losses = tutorial_losses(random_vgg().to(self.device), content, style)
            return tutorial(content, losses, RECIPE.beta)
        network: FeatureNetwork | None = None
        if name == OURS_VGG:
            network = self._ready(random_vgg("average", "replicate"))
        return self.optimisation(side, network, scales=1, steps=100_000).run()

    def _ready(self, network: Any) -> FeatureNetwork:
        """Where and in which layout the app has its networks."""
        ready: FeatureNetwork = network.to(self.device, memory_format=torch.channels_last)
        return ready
