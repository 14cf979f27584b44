"""Optimizers of pictures: Adam on an averaged iterate, and L-BFGS.

Either takes one iteration at a time, keeps pictures in [0,1], and goes back to the last good
picture where the loss or its gradient stops being a finite number.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from app.optimize.objective import Terms
from app.optimize.tensors import resized

Objective = Callable[[Tensor], Terms]
"""A picture, RGB float32 [1,3,H,W] in [0,1], to its losses."""


class ImageOptimizer(ABC):
    """Optimizes a picture.

    Attributes:
        picture: the iterate, RGB float32 [1,3,H,W] in [0,1].
        failures: how many times in a row the losses were not finite.
    """

    def __init__(self, picture: Tensor) -> None:
        self.picture = picture
        self.failures = 0

    @property
    def best(self) -> Tensor:
        """The best picture so far, RGB float32 [1,3,H,W] in [0,1]."""
        return self.picture

    @abstractmethod
    def step(self, objective: Objective, rate_share: float = 1.0) -> list[float] | None:
        """Take one iteration.

        Args:
            objective: gives the losses.
            rate_share: in place of the whole learning rate, a share of it.

        Returns:
            Content, style, variation and total loss before it, or None if they were not finite.
        """

    @abstractmethod
    def resized(self, height: int, width: int) -> "ImageOptimizer":
        """The same at another size."""


def losses_and_gradient(objective: Objective, picture: Tensor) -> tuple[list[float], Tensor] | None:
    """Losses of a picture and the gradient of their total; None where one is not finite."""
    picture = picture.detach().requires_grad_()
    terms = objective(picture)
    (gradient,) = torch.autograd.grad(terms.total, picture)
    parts = (terms.content, terms.style, terms.variation, terms.total)
    # One transfer from the device for all of them.
    *losses, slope = torch.stack(
        [*(part.detach() for part in parts), gradient.abs().sum()]
    ).tolist()
    finite = all(abs(number) < float("inf") for number in (*losses, slope))
    return (losses, gradient) if finite else None


class Adam(ImageOptimizer):
    """Adam (Kingma and Ba 2015), whose result is a running mean of its iterates.

    Args:
        picture: where to start, RGB float32 [1,3,H,W] in [0,1].
        rate: learning rate.
        average: decay of the running mean; 0 for the iterate itself.
    """

    BYTES = 6 * 12  # for each pixel: the iterate, the last good one, both moments, mean, gradient
    # The second is usually nearer to 1, but gradients fall a hundredfold within fifty steps, and
    # remembering how steep it was makes steps too short (measured: a tenth to a fifth more loss).
    DECAYS = (0.9, 0.9)

    def __init__(self, picture: Tensor, rate: float, average: float) -> None:
        super().__init__(picture)
        self.rate, self.average = rate, average
        self.good = picture  # the last one that had finite losses
        self.first, self.second = torch.zeros_like(picture), torch.zeros_like(picture)
        self.steps = 0
        self.mean, self.weight = torch.zeros_like(picture), 0.0

    @property
    def best(self) -> Tensor:
        """The mean of the iterates of this size, recent ones weighing most."""
        return self.mean / self.weight if self.weight else self.picture

    def step(self, objective: Objective, rate_share: float = 1.0) -> list[float] | None:
        """Take one iteration; after losses that are not finite, go back and halve the rate."""
        found = losses_and_gradient(objective, self.picture)
        if found is None:
            self.failures += 1
            self.rate /= 2
            self.picture = self.good
            self.first, self.second = (torch.zeros_like(self.picture) for _ in range(2))
            self.steps = 0
            return None
        losses, gradient = found
        self.failures = 0
        self.good = self.picture
        self.steps += 1
        first, second = self.DECAYS
        self.first.lerp_(gradient, 1 - first)
        self.second.lerp_(gradient.square(), 1 - second)
        mean = self.first / (1 - first**self.steps)
        scale = (self.second / (1 - second**self.steps)).sqrt() + 1e-12
        self.picture = (self.picture - rate_share * self.rate * mean / scale).clamp_(0, 1)
        self.mean.lerp_(self.picture, 1 - self.average)
        self.weight += (1 - self.average) * (1 - self.weight)
        return losses

    def resized(self, height: int, width: int) -> "Adam":
        """The same at another size: moments are kept, and a new mean is begun.

        A gradient is shared among the pixels, so each one's is the smaller the more there are.
        """
        other = Adam(resized(self.best, height, width).clamp(0, 1), self.rate, self.average)
        shrink = self.picture[0, 0].numel() / (height * width)
        other.first = resized(self.first, height, width) * shrink
        other.second = (resized(self.second, height, width) * shrink**2).clamp_(min=0)
        other.steps, other.failures = self.steps, self.failures
        return other


class LBFGS(ImageOptimizer):
    """L-BFGS (Liu and Nocedal 1989) with bounds: black and white pixels do not move beyond.

    PyTorch's own does not know of bounds, and cannot be left and entered between two iterations
    without computing its losses twice.

    Args:
        picture: where to start, RGB float32 [1,3,H,W] in [0,1].
    """

    FIRST = 0.02  # step of a pixel, on average, before the curvature is known
    MEMORY = 20
    BYTES = (2 * MEMORY + 6) * 12  # for each pixel
    SUFFICIENT = 1e-4  # of the decrease that the slope promises (Armijo)
    TRIALS = 12

    def __init__(self, picture: Tensor) -> None:
        super().__init__(picture.contiguous())
        self.found: tuple[list[float], Tensor] | None = None
        self.pairs: deque[tuple[Tensor, Tensor]] = deque(maxlen=self.MEMORY)

    def step(self, objective: Objective, rate_share: float = 1.0) -> list[float] | None:
        """Take one iteration; after losses that are not finite, forget the curvature."""
        if self.found is None:
            self.found = losses_and_gradient(objective, self.picture)
        if self.found is None:
            self._fail()
            return None
        losses, gradient = self.found
        free = ~(((self.picture <= 0) & (gradient > 0)) | ((self.picture >= 1) & (gradient < 0)))
        direction = self._direction(gradient * free) * free
        if (direction * gradient).sum() >= 0:
            self.pairs.clear()
            direction = self._direction(gradient * free)
        length = 1.0
        for _ in range(self.TRIALS):
            trial = (self.picture + length * direction).clamp_(0, 1)
            moved = trial - self.picture
            found = losses_and_gradient(objective, trial)
            promised = self.SUFFICIENT * float((moved * gradient).sum())
            if found is not None and found[0][-1] <= losses[-1] + min(0.0, promised):
                self._remember(moved, (found[1] - gradient) * free)
                self.picture, self.found, self.failures = trial, found, 0
                return losses
            length /= 2 if found is not None else 4
        if found is None:
            self._fail()
            return None
        self.pairs.clear()
        return losses

    def resized(self, height: int, width: int) -> "LBFGS":
        """The same at another size, where it has nothing to remember."""
        other = LBFGS(resized(self.picture, height, width).clamp(0, 1))
        other.failures = self.failures
        return other

    def _fail(self) -> None:
        self.failures += 1
        self.pairs.clear()
        self.found = None

    def _remember(self, moved: Tensor, gradient_change: Tensor) -> None:
        """Keep a pair if the gradient grew along the step: else no parabola fits it."""
        if (moved * gradient_change).sum() > 1e-10 * gradient_change.square().sum():
            self.pairs.append((moved, gradient_change))

    def _direction(self, gradient: Tensor) -> Tensor:
        """Descent direction by the remembered steps (two-loop recursion)."""
        if not self.pairs:
            step = gradient * (self.FIRST / gradient.abs().mean().clamp(min=1e-30))
            return -step.clamp(-3 * self.FIRST, 3 * self.FIRST)
        q, shares = gradient.clone(), []
        for moved, gradient_change in reversed(self.pairs):
            share = (moved * q).sum() / (moved * gradient_change).sum()
            q -= share * gradient_change
            shares.append(share)
        moved, gradient_change = self.pairs[-1]
        q *= (moved * gradient_change).sum() / gradient_change.square().sum()
        for (moved, gradient_change), share in zip(self.pairs, reversed(shares), strict=True):
            q += (share - (gradient_change * q).sum() / (moved * gradient_change).sum()) * moved
        return -q
