"""Activation maximization (Erhan et al. 2009): gradient ascent from noise to a picture.

    from app.explain.feature_visualization.objectives import channel
    from app.explain.feature_visualization.render import maximize_activation
    from app.explain.feature_visualization.rendering_config import LAYER_CONFIGS

    config = LAYER_CONFIGS["conv4_block24"]
    for step in maximize_activation(network, channel("conv4_block24", 17), config):
        print(f"{step.step}/{step.total}: {step.activation:.1f}")
    Image.fromarray(step.picture).save("channel.png")

One of many such pictures, not the only one: another seed gives another.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.explain.feature_visualization.fourier_image import FourierImage, random_spectrum
from app.explain.feature_visualization.objectives import ActivationObjective
from app.explain.feature_visualization.rendering_config import RenderingConfig
from app.explain.feature_visualization.transforms import JitterConfig, RandomViews
from app.explain.feature_visualization.truncated_network import TruncatedNetwork
from app.progress import Step
from app.torch_device import use_bfloat16
from training.networks import MovementNetwork

MAX_FAILURES = 5
"""Steps in a row that are not finite numbers, before optimization ends."""

ADAM_BETAS = (0.9, 0.99)
"""There are few steps: what the first were like is forgotten soon."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RenderingStep(Step):
    """One step of gradient ascent; `picture` is the best so far.

    Attributes:
        activation: the objective before this step: standard deviations above the mean for a
            channel, logits above the mean for a movement.
        best: the highest so far, which `picture` had.
    """

    activation: float
    best: float


def maximize_activation(
    network: MovementNetwork,
    objective: ActivationObjective,
    config: RenderingConfig,
    seed: int = 0,
) -> Iterator[RenderingStep]:
    """Optimize one picture; the generator may be closed after any step.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        objective: what to maximize.
        config: how.
        seed: of noise and views; the same gives the same picture on the same machine.
    """
    begin = time.perf_counter()
    maximizer = ActivationMaximizer(network, objective, config, [seed])
    for done in range(1, config.steps + 1):
        activation = maximizer.step(_learning_rate_share(config, done))
        failed = maximizer.failures >= MAX_FAILURES
        yield RenderingStep(
            step=done,
            total=done if failed else config.steps,
            picture=maximizer.pictures()[0],
            seconds=time.perf_counter() - begin,
            activation=float(activation[0]),
            best=float(maximizer.best[0]),
        )
        if failed:
            return


def render(
    network: MovementNetwork,
    objective: ActivationObjective,
    config: RenderingConfig,
    seeds: Sequence[int],
) -> np.ndarray:
    """Optimize one picture for each seed at once, to the end: uint8 RGB [N,size,size,3]."""
    maximizer = ActivationMaximizer(network, objective, config, seeds)
    for done in range(1, config.steps + 1):
        maximizer.step(_learning_rate_share(config, done))
    return maximizer.pictures()


def _learning_rate_share(config: RenderingConfig, step: int) -> float:
    """Share of the learning rate in a step, the first is 1."""
    return 1 - (1 - config.final_share) * (step - 1) / config.steps


class ActivationMaximizer:
    """Optimizes some pictures at once, each by itself.

    Attributes:
        best: the highest value of the objective that each has had, float32 [N].
        failures: how many steps in a row had a value or gradient that was not finite.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        objective: what to maximize.
        config: how.
        seeds: one for each picture.
    """

    def __init__(
        self,
        network: MovementNetwork,
        objective: ActivationObjective,
        config: RenderingConfig,
        seeds: Sequence[int],
    ) -> None:
        device = next(network.parameters()).device
        self.objective, self.config = objective, config
        self.truncated = TruncatedNetwork(
            network,
            objective.channels,
            movements=objective.movements,
            bfloat16=use_bfloat16(device, "adam"),
        )
        spectrum = random_spectrum(config.size, seeds).to(device).requires_grad_()
        self.image = FourierImage(spectrum, config.decay)
        self.views = RandomViews(JitterConfig(config.shift, config.zoom, config.rotation), seeds)
        self.best = torch.full((len(seeds),), -torch.inf, device=device)
        self.failures = 0
        self._best_spectrum = spectrum.detach().clone()
        self._adam = torch.optim.Adam([spectrum], lr=config.learning_rate, betas=ADAM_BETAS)

    def step(self, learning_rate_share: float = 1.0) -> Tensor:
        """Take one step of gradient ascent.

        Args:
            learning_rate_share: the learning rate is multiplied by it.

        Returns:
            The objective of each picture before it, float32 [N].
        """
        spectrum = self.image.spectrum
        decorrelated = self.image.decorrelated()
        views = self.views(self.image.to_rgb(decorrelated))
        values = self.objective.value(self.truncated(views))
        loss = self._penalty(decorrelated).sum() - values.sum()
        (gradient,) = torch.autograd.grad(loss, spectrum)
        values = values.detach()
        finite = values.isfinite() & gradient.flatten(1).isfinite().all(1)
        self._keep_best(values, finite)
        spectrum.grad = torch.where(_as_column(finite), gradient, 0.0)
        for group in self._adam.param_groups:
            group["lr"] = learning_rate_share * self.config.learning_rate
        self._adam.step()
        return values

    @torch.no_grad()
    def pictures(self) -> np.ndarray:
        """The best of each so far, uint8 RGB [N,size,size,3]."""
        levels = (self.image.pictures(self._best_spectrum) * 255).round_().to(torch.uint8)
        return np.ascontiguousarray(levels.permute(0, 2, 3, 1).cpu().numpy())

    def _penalty(self, decorrelated: Tensor) -> Tensor:
        """What keeps a picture from being noisy or glaring, float32 [N]."""
        variation = sum(
            (decorrelated - decorrelated.roll(1, axis)).square().mean((1, 2, 3)) for axis in (2, 3)
        )
        distance = decorrelated.square().mean((1, 2, 3))
        return self.config.total_variation * variation + self.config.l2 * distance

    @torch.no_grad()
    def _keep_best(self, values: Tensor, finite: Tensor) -> None:
        """Keep the best pictures; restore them where a value is not finite."""
        better = finite & (values > self.best)
        self.best = torch.where(better, values, self.best)
        spectrum = self.image.spectrum
        self._best_spectrum = torch.where(_as_column(better), spectrum, self._best_spectrum)
        spectrum.copy_(torch.where(_as_column(finite), spectrum, self._best_spectrum))
        self.failures = 0 if bool(finite.all()) else self.failures + 1


def _as_column(chosen: Tensor) -> Tensor:
    """[N] to the number of axes that spectra have."""
    return chosen.view(-1, 1, 1, 1, 1)
