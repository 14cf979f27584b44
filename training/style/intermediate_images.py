"""Pictures of unfinished optimisations, with which the texture encoder is trained.

An optimisation looks for whatever lowers the losses, a network's mistakes among them. So the
encoder also learns on pictures that are being optimised by its own losses: where it is mistaken,
its teacher corrects it (dataset aggregation, Ross et al. 2011).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

VISITS = (20, 150)
"""Fewest and most steps that a picture takes before another one is begun."""

BETAS = (1.0, 300.0)
"""Smallest and largest weight of the style loss."""

RATES = (0.03, 0.001)
"""Root mean square of a picture's first and last step: small steps end close to an optimum."""

MOMENTUM = 0.9


@dataclass
class Slots:
    """Some of the pictures, all [n,...], and their positions in the pool."""

    where: Tensor
    photograph: Tensor
    style: Tensor
    picture: Tensor
    beta: Tensor

    def to(self, device: torch.device) -> "Slots":
        """The same on a device; positions stay where they are."""
        moved = (x.to(device) for x in (self.photograph, self.style, self.picture, self.beta))
        return Slots(self.where, *moved)


class IntermediateImages:
    """A pool of pictures, taken in turn; each is restarted after some steps.

    Args:
        count: how many pictures.
        size: their side in pixels.
        seed: of all choices.
    """

    def __init__(self, count: int, size: int, seed: int = 0) -> None:
        self.count, self.seed = count, seed
        shape = (count, 3, size, size)
        names = ("photograph", "style", "picture", "velocity")
        self.tensors = {name: torch.zeros(shape) for name in names}
        counts = {name: torch.zeros(count, dtype=torch.long) for name in ("visits", "life")}
        self.tensors |= {"beta": torch.ones(count), **counts}

    def slots(self, step: int, photographs: Tensor, styles: Tensor) -> Slots:
        """The next pictures; those that had all their steps are restarted from the given ones.

        Args:
            step: of the training; with the seed, it decides everything.
            photographs: RGB float32 in [0,1] [n,3,S,S], as many as pictures are wanted.
            styles: likewise.
        """
        n = len(photographs)
        where = (torch.arange(n) + step * n) % self.count
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        for i, slot in enumerate(where.tolist()):
            if not self.tensors["visits"][slot]:
                self._begin(slot, photographs[i], styles[i], generator)
        t = self.tensors
        return Slots(
            where, t["photograph"][where], t["style"][where], t["picture"][where], t["beta"][where]
        )

    def _begin(
        self, slot: int, photograph: Tensor, style: Tensor, generator: torch.Generator
    ) -> None:
        noise = torch.rand(photograph.shape, generator=generator)
        grain = (0.5 + 0.2 * torch.randn(photograph.shape, generator=generator)).clamp(0, 1)
        starts = (photograph, photograph, style, noise, grain)
        choice = int(torch.randint(len(starts), (), generator=generator))
        low, high = BETAS
        t = self.tensors
        t["photograph"][slot], t["style"][slot] = photograph, style
        t["picture"][slot], t["velocity"][slot] = starts[choice], 0
        t["beta"][slot] = low * (high / low) ** torch.rand((), generator=generator)
        t["life"][slot] = t["visits"][slot] = torch.randint(*VISITS, (), generator=generator)

    def descend(self, slots: Slots, gradient: Tensor) -> None:
        """One step of gradient descent with momentum, as long as the picture's age says.

        Args:
            slots: what `slots` returned.
            gradient: of the loss by the pictures, [n,3,S,S]; where it is not finite, the picture is
                restarted at its next turn.
        """
        gradient = gradient.cpu().float()
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        direction = gradient / size.clamp(min=1e-20)
        good = direction.isfinite().flatten(1).all(1)
        direction[~good] = 0
        velocity = self.tensors["velocity"][slots.where] * MOMENTUM + (1 - MOMENTUM) * direction
        self.tensors["velocity"][slots.where] = velocity
        left = (self.tensors["visits"][slots.where] - 1).clamp(min=0)
        first, last = RATES
        rate = last + (first - last) * left / self.tensors["life"][slots.where]
        picture = slots.picture.detach().cpu() - rate.view(-1, 1, 1, 1) * velocity
        self.tensors["picture"][slots.where] = picture.clamp(-0.2, 1.2)
        self.tensors["visits"][slots.where] = left * good
