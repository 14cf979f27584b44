"""Heat maps: where in a picture the score of a movement comes from, by five methods.

    maps = heat_maps(network, view, [0, 1, 0, 0, -1], "grad-cam", ["conv3_block4", "conv5_block16"])

Each method is one function of a feature map A and of the gradient G that the score has there. All
spots share one forward and one backward pass. What is scored is a weighted sum of logits: one
movement weighs 1, and `1, -1` asks what speaks for one movement and not for another.

Maps keep their sign. Where a paper ends in a ReLU ("only what speaks for the class"), the picture
of the map does so (`app.heatmap.overlay`), not the map: a contrast needs both sides. At inner
depths A is what the network writes, before normalisation and ReLU, so it may be negative there.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from app.explain.hooks import record_activations
from training.networks import MovementNetwork, Outputs

Combine = Callable[[Tensor, Tensor], Tensor]
"""A feature map and its gradient, each [C,h,w], to a heat map [h,w]."""


def grad_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Channels weighed by their mean gradient (Selvaraju et al. 2017)."""
    weights = gradient.mean((1, 2))  # [C]
    return torch.einsum("c,chw->hw", weights, maps)


def grad_cam_plus_plus(maps: Tensor, gradient: Tensor) -> Tensor:
    """Channels weighed by their positive gradients, so that repeated things all count.

    Chattopadhay et al. 2018, where the class score is the exponential of the logit; its positive
    factor is left out. Their alpha, G^2 / (2 G^2 + sum(A) G^3), is 1 / (2 + sum(A) G) and counts
    only where G is positive. They take A after a ReLU, where this has no pole; so does this, and
    at inner depths, where A has other signs too, the maps would else be mostly negative.
    """
    maps, rising = maps.relu(), gradient.relu()
    total = maps.sum((1, 2), keepdim=True)  # [C,1,1]
    weights = (rising / (2 + total * rising)).sum((1, 2))  # [C]
    return torch.einsum("c,chw->hw", weights, maps)


def layer_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Each place of each channel weighed by its own positive gradient (Jiang et al. 2021)."""
    return (gradient.relu() * maps).sum(0)


def hires_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Each place of each channel weighed by its own gradient (Draelos and Carin 2020)."""
    return (gradient * maps).sum(0)


COMBINE: dict[str, Combine] = {
    "grad-cam": grad_cam,
    "grad-cam++": grad_cam_plus_plus,
    "layercam": layer_cam,
    "hirescam": hires_cam,
}

METHODS = ("cam", *COMBINE)
"""What `heat_maps` knows; "cam" is exact and for the last feature map only."""


def heat_maps(
    network: MovementNetwork,
    view: np.ndarray,
    movement: Sequence[float],
    method: str,
    spots: Iterable[str],
) -> dict[str, np.ndarray]:
    """Heat maps of one picture at any number of spots, in one forward and one backward pass.

    Args:
        network: any of `training.networks`; it is left as it was found.
        view: uint8 RGB [S,S,3], letterboxed.
        movement: K weights, how much each movement's logit counts.
        method: one of METHODS.
        spots: where to look, see `record_activations`.

    Returns:
        By spot, float32 [h,w], signed. "cam" is in logits, and its mean is the score without the
        head's bias; "grad-cam" and "hirescam" at the last map are that, divided by h * w.

    Raises:
        ValueError: there is no such method or spot, the weights do not fit, or "cam" was asked for
            where it is not defined.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    classes = network.classifier.out_features
    if len(movement) != classes:
        raise ValueError(f"{len(movement)} weights for {classes} movements")
    wanted = tuple(dict.fromkeys(spots))
    weights = torch.tensor(movement, dtype=torch.float32, device=network.temperature.device)
    with torch.enable_grad(), record_activations(network, wanted) as seen:
        outputs = network(_image(network, view))
        found = [seen[spot] for spot in wanted]
        if method == "cam":
            maps = [_class_map(network, outputs, tensor, weights) for tensor in found]
        else:
            score = (outputs.logits[0] / network.temperature) @ weights
            gradients = torch.autograd.grad(score, found)
            pairs = zip(found, gradients, strict=True)
            maps = [COMBINE[method](tensor[0], gradient[0]) for tensor, gradient in pairs]
    cells = [heat.detach().float().cpu().numpy() for heat in maps]
    return dict(zip(wanted, cells, strict=True))


def average(maps: Iterable[np.ndarray]) -> np.ndarray:
    """The mean of several maps: each divided by its largest magnitude, and enlarged to the finest.

    Args:
        maps: float32 [h,w] each, of any sizes, at least one; flat ones of zeros are left so.

    Returns:
        float32 [H,W] in -1..1, as fine as the finest.
    """
    tensors = [torch.from_numpy(np.ascontiguousarray(heat))[None, None] for heat in maps]
    finest = max((tensor.shape[2:] for tensor in tensors), key=lambda size: size[0] * size[1])
    enlarged = [
        F.interpolate(_scaled(tensor), finest, mode="bilinear", align_corners=False)
        for tensor in tensors
    ]
    mean: np.ndarray = torch.cat(enlarged).mean((0, 1)).numpy()
    return mean


def _image(network: MovementNetwork, view: np.ndarray) -> Tensor:
    """A view as the network's input, float32 [1,3,S,S], whose gradient may be asked for."""
    pixels = torch.tensor(np.ascontiguousarray(view)[None], device=network.temperature.device)
    return network.normalise(pixels).requires_grad_()


def _class_map(
    network: MovementNetwork, outputs: Outputs, tensor: Tensor, weights: Tensor
) -> Tensor:
    """The head's own sum, not yet averaged over places (Zhou et al. 2016), [h,w]."""
    if tensor is not outputs.features:
        raise ValueError("the exact class map is that of the last feature map only")
    head, _ = network.class_activation_weights()  # [K,C]
    return torch.einsum("c,chw->hw", weights @ head / network.temperature, tensor[0])


def _scaled(heat: Tensor) -> Tensor:
    most = heat.abs().max()
    return heat / most if most > 0 else heat
