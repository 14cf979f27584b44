"""Refinement of style vectors, so that they paint more like their painting.

The encoder computes a vector in one pass. For a painting that is known beforehand, gradient descent
on the vector alone, through the frozen stylizer, finds a better one by the losses of training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.common.preprocessing import resize
from training.networks import unit_range
from training.networks.style_transfer import StyleTransfer
from training.networks.vgg import Features
from training.style.objective import StylizerObjective, Target
from training.style.pairs import square

SIDE = 256
"""Of the photographs and of the parts of the painting that are compared, in pixels."""

TOGETHER = 2
"""Photographs a step."""

RATE = 0.05
"""Adam's learning rate, as a share of the vector's root mean square."""


CONTENT = 1.15
"""How much larger the content loss may become."""

Batches = list[tuple[Tensor, Target]]
"""Photographs, float32 [N,3,SIDE,SIDE], each with what it shall be like: a part of the painting."""


@dataclass(frozen=True)
class Refined:
    """A vector, float32 [D], and its style loss before and after, on all photographs."""

    vector: np.ndarray
    before: float
    after: float


def parts(painting: np.ndarray) -> Tensor:
    """The four quarters of a painting's middle and the middle itself, float32 [5,3,SIDE,SIDE].

    Args:
        painting: uint8 RGB [H,W,3]; its shorter side is seen as twice `SIDE`.
    """
    height, width = painting.shape[:2]
    scale = 2 * SIDE / min(height, width)
    seen = resize(painting, round(width * scale), round(height * scale))
    tops, lefts = (
        np.linspace(0, length - SIDE, 3).round().astype(int) for length in seen.shape[:2]
    )
    corners = [(tops[i], lefts[j]) for i, j in ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))]
    cut = [seen[top : top + SIDE, left : left + SIDE] for top, left in corners]
    return unit_range(torch.tensor(np.stack(cut)))


def refine(
    network: StyleTransfer,
    features: Features,
    vector: np.ndarray,
    painting: np.ndarray,
    photographs: Sequence[np.ndarray],
    steps: int,
) -> Refined:
    """Descend on a style vector alone.

    Args:
        network: in evaluation mode; it is not changed.
        features: what judges; a small network will do.
        vector: float32 [D], to begin with.
        painting: uint8 RGB [H,W,3].
        photographs: uint8 RGB [H,W,3] each.
        steps: of Adam, each on `TOGETHER` photographs and parts of the painting.
    """
    batches = _batches(features, painting, photographs)
    objective = StylizerObjective(network, features)
    style = torch.tensor(vector)[None].requires_grad_()
    rate = RATE * float(np.sqrt(np.square(vector).mean()))
    optimiser = torch.optim.Adam([style], rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    before = _losses(network, style, batches)
    for step in range(steps):
        photograph, target = batches[step % len(batches)]
        painted = network.stylizer(photograph, style.expand(len(photograph), -1))[0]
        maps, w = target.feature_maps(painted), objective.weights
        content = (1 - w.grey) * target.content_loss(maps)
        content = content + w.grey * objective.grey_loss(photograph, painted)
        loss = w.alpha * content + w.beta * target.style_loss(maps)
        loss = loss + w.sliced * target.sliced_loss(maps)
        loss = loss + w.neighbours * target.neighbour_loss(maps)
        (style.grad,) = torch.autograd.grad(loss.sum(), style)
        optimiser.step()
        schedule.step()
    found = restrained(network, batches, torch.tensor(vector)[None], style.detach())
    return Refined(found[0].numpy(), before[1], _losses(network, found, batches)[1])


def restrained(network: StyleTransfer, batches: Batches, start: Tensor, found: Tensor) -> Tensor:
    """Limit a refined vector, so that the photographs' content stays recognisable.

    The style loss of a soft painting is a share of so little that descent would give up everything
    for it.

    Args:
        network: in evaluation mode.
        batches: of photographs.
        start: float32 [1,D].
        found: likewise, where descent ended.

    Returns:
        The farthest of five vectors on the way, float32 [1,D], whose content loss is at most
        `CONTENT` times that of the first.
    """
    limit = CONTENT * _losses(network, start, batches)[0]
    for share in (1.0, 0.75, 0.5, 0.25):
        vector = torch.lerp(start, found, share)
        if _losses(network, vector, batches)[0] <= limit:
            return vector
    return start


def _batches(
    features: Features, painting: np.ndarray, photographs: Sequence[np.ndarray]
) -> Batches:
    contents = unit_range(torch.tensor(np.stack([square(each, SIDE) for each in photographs])))
    wanted = parts(painting)
    wanted = wanted[torch.arange(len(contents)) % len(wanted)]
    pairs = zip(contents.split(TOGETHER), wanted.split(TOGETHER), strict=True)
    return [(content, Target(features, content, part)) for content, part in pairs]


@torch.inference_mode()
def _losses(network: StyleTransfer, style: Tensor, batches: Batches) -> tuple[float, float]:
    """Mean content loss and style loss of all photographs."""
    losses = []
    for photograph, target in batches:
        painted = network.stylizer(photograph, style.expand(len(photograph), -1))[0]
        losses.append(torch.stack(target.losses(painted)))
    content, painterly = torch.cat(losses, 1).mean(1).tolist()
    return content, painterly
