"""Going uphill from noise to a picture that pleases (activation maximisation, Erhan et al. 2009).

    from app.explain.feature_visualization.objectives import channel
    from app.explain.feature_visualization.recipes import ATLAS
    from app.explain.feature_visualization.render import dream

    for step in dream(network, channel("conv4_block24", 17), ATLAS["conv4_block24"]):
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
from app.explain.feature_visualization.recipes import RenderingRecipe
from app.explain.feature_visualization.robustness import JitterConfig, Views
from app.explain.feature_visualization.truncated_network import TruncatedNetwork
from app.progress import Step
from app.torch_device import use_bfloat16
from training.networks import MovementNetwork

MOST_FAILURES = 5
"""Steps in a row that are not finite numbers, before a run ends."""

DECAYS = (0.9, 0.99)
"""Adam's. Runs are short: what the first steps were like shall soon be forgotten."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RenderingStep(Step):
    """One step uphill; `picture` is the best so far.

    Attributes:
        activation: the objective before this step: standard deviations above the mean for a
            channel, logits above the mean for a movement.
        best: the highest so far, which `picture` had.
    """

    activation: float
    best: float


def maximize_activation(
    network: MovementNetwork, objective: ActivationObjective, recipe: RenderingRecipe, seed: int = 0
) -> Iterator[RenderingStep]:
    """Optimise one picture; it may be left after any step, by closing the generator.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        objective: what to maximise.
        recipe: how.
        seed: of all chance; the same gives the same picture on the same machine.
    """
    begin = time.perf_counter()
    ascent = ActivationMaximizer(network, objective, recipe, [seed])
    for done in range(1, recipe.steps + 1):
        activation = ascent.step(1 - (1 - recipe.coolest) * (done - 1) / recipe.steps)
        lost = ascent.failures >= MOST_FAILURES
        yield RenderingStep(
            step=done,
            total=done if lost else recipe.steps,
            picture=ascent.pictures()[0],
            seconds=time.perf_counter() - begin,
            activation=float(activation[0]),
            best=float(ascent.best[0]),
        )
        if lost:
            return


def render(
    network: MovementNetwork,
    objective: ActivationObjective,
    recipe: RenderingRecipe,
    seeds: Sequence[int],
) -> np.ndarray:
    """Optimise one picture for each seed at once, to the end: uint8 RGB [N,size,size,3]."""
    ascent = ActivationMaximizer(network, objective, recipe, seeds)
    for done in range(recipe.steps):
        ascent.step(1 - (1 - recipe.coolest) * done / recipe.steps)
    return ascent.pictures()


class ActivationMaximizer:
    """Some pictures on their way, each on its own.

    Attributes:
        best: the highest value of the objective that each has had, float32 [N].
        failures: how many steps in a row had something in them that was no finite number.

    Args:
        network: DenseNet-121, frozen, in evaluation mode.
        objective: what to maximise.
        recipe: how.
        seeds: one for each picture.
    """

    def __init__(
        self,
        network: MovementNetwork,
        objective: ActivationObjective,
        recipe: RenderingRecipe,
        seeds: Sequence[int],
    ) -> None:
        device = next(network.parameters()).device
        self.objective, self.recipe = objective, recipe
        self.truncated = TruncatedNetwork(
            network,
            objective.needs,
            movements=objective.movements,
            reduced=use_bfloat16(device, "adam"),
        )
        spectrum = random_spectrum(recipe.size, seeds).to(device).requires_grad_()
        self.image = FourierImage(spectrum, recipe.decay)
        self.views = Views(JitterConfig(recipe.shift, recipe.zoom, recipe.turn), seeds)
        self.best = torch.full((len(seeds),), -torch.inf, device=device)
        self.failures = 0
        self._kept = spectrum.detach().clone()
        self._adam = torch.optim.Adam([spectrum], lr=recipe.rate, betas=DECAYS)

    def step(self, pace: float = 1.0) -> Tensor:
        """Take one step uphill.

        Args:
            pace: in place of the whole learning rate, a share of it.

        Returns:
            The objective of each picture before it, float32 [N].
        """
        spectrum = self.image.spectrum
        plane = self.image.plane()
        values = self.objective.value(self.truncated(self.views(self.image.colours(plane))))
        (gradient,) = torch.autograd.grad(self._cost(plane).sum() - values.sum(), spectrum)
        values = values.detach()
        sound = values.isfinite() & gradient.flatten(1).isfinite().all(1)
        self._remember(values, sound)
        spectrum.grad = torch.where(_column(sound), gradient, 0.0)
        for group in self._adam.param_groups:
            group["lr"] = pace * self.recipe.rate
        self._adam.step()
        return values

    @torch.no_grad()
    def pictures(self) -> np.ndarray:
        """The best of each so far, uint8 RGB [N,size,size,3]."""
        levels = (self.image.pictures(self._kept) * 255).round_().to(torch.uint8)
        return np.ascontiguousarray(levels.permute(0, 2, 3, 1).cpu().numpy())

    def _cost(self, plane: Tensor) -> Tensor:
        """What keeps a picture from being rough or glaring, float32 [N]."""
        rough = sum((plane - plane.roll(1, axis)).square().mean((1, 2, 3)) for axis in (2, 3))
        return self.recipe.variation * rough + self.recipe.calm * plane.square().mean((1, 2, 3))

    @torch.no_grad()
    def _remember(self, values: Tensor, sound: Tensor) -> None:
        """Keep what is better than ever; go back to the best where something went wrong."""
        better = sound & (values > self.best)
        self.best = torch.where(better, values, self.best)
        spectrum = self.image.spectrum
        self._kept = torch.where(_column(better), spectrum, self._kept)
        spectrum.copy_(torch.where(_column(sound), spectrum, self._kept))
        self.failures = 0 if bool(sound.all()) else self.failures + 1


def _column(chosen: Tensor) -> Tensor:
    """[N] to the number of axes that spectra have."""
    return chosen.view(-1, 1, 1, 1, 1)
