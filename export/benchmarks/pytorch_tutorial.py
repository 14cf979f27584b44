"""PyTorch's tutorial on neural style transfer, to compare with: its network, losses and loop.

VGG19 in float32 with max pooling and zeros round every map; mean squared errors of conv4_2 and of
Gram matrices; L-BFGS on the pixels. Errors are divided by their targets' energy here, so that the
weight of the style means the same whatever the network's scale is.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from app.optimize.features import FeatureNetwork, nearest
from training.networks.vgg import VGG, Padding, Pooling

CONTENT = ("conv4_2",)
STYLE = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
STEPS = 300

SCALE = 1e6
"""The tutorial's weight of the style; so large, it keeps L-BFGS far from its thresholds."""

LossesOf = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A picture, RGB float32 [1,3,H,W] in [0,1], to its content loss and style loss."""


def random_vgg(pooling: Pooling = "max", edge: Padding | None = None) -> VGG:
    """VGG19 up to conv5_1 with random weights: as fast as with others."""
    torch.manual_seed(0)
    widths = (64,) * 2 + (128,) * 2 + (256,) * 4 + (512,) * 5
    kernels = []
    for inputs, outputs in zip((3, *widths), widths, strict=False):
        weight = torch.empty(outputs, inputs, 3, 3)
        # Otherwise activations would vanish with depth, and denormal numbers are slow.
        kernels.append((torch.nn.init.kaiming_normal_(weight), torch.zeros(outputs)))
    return VGG(kernels, pooling=pooling, edge=edge)


def tutorial_losses(network: FeatureNetwork, content: Tensor, style: Tensor) -> LossesOf:
    """What the tutorial minimises, for a photograph and a style, RGB float32 [1,3,H,W].

    Layers that the network lacks are replaced by those that are most like them.
    """
    content_layers, style_layers = (
        [nearest(name, network.visible) for name in names] for names in (CONTENT, STYLE)
    )
    with torch.no_grad():
        kept = network(content, content_layers)
        wanted = {name: _gram(maps) for name, maps in network(style, style_layers).items()}

    def losses(picture: Tensor) -> tuple[Tensor, Tensor]:
        maps = network(picture, {*content_layers, *style_layers})
        of_content = [_error(maps[name], kept[name]) for name in content_layers]
        of_style = [_error(_gram(maps[name]), wanted[name]) for name in style_layers]
        return torch.stack(of_content).mean(), torch.stack(of_style).mean()

    return losses


def tutorial(start: Tensor, losses: LossesOf, beta: float) -> Iterator[tuple[Tensor, float]]:
    """Optimise without end: each step evaluates a picture once.

    Args:
        start: RGB float32 [1,3,H,W] in [0,1].
        losses: what is minimised.
        beta: weight of the style.

    Yields:
        Pictures like the start, and their total losses.
    """
    picture = start.clone(memory_format=torch.contiguous_format).requires_grad_()
    # The tutorial has the usual 20 iterations a step; with one it computes the same, and pauses.
    optimiser = torch.optim.LBFGS([picture], max_iter=1, tolerance_grad=0, tolerance_change=0)

    def closure() -> Tensor:
        optimiser.zero_grad()
        content, style = losses(picture)
        total = SCALE * (content + beta * style)
        total.backward()
        return total

    while True:
        with torch.no_grad():
            picture.clamp_(0, 1)
        judged = picture.detach().clone()
        yield judged, optimiser.step(closure).item() / SCALE


def _error(found: Tensor, wanted: Tensor) -> Tensor:
    return F.mse_loss(found, wanted) / wanted.square().mean()


def _gram(maps: Tensor) -> Tensor:
    flat = maps[0].flatten(1)
    return flat @ flat.T / maps.numel()
