"""Heat maps: where in a picture the score of a movement comes from, by five methods.

    maps = heat_maps(network, view, [0, 1, 0, 0, -1], "grad-cam", ["conv3_block4", "conv5_block16"])

Each method is one function of a feature map A and of the gradient G that the score has there. All
layers share one forward and one backward pass. The score is a weighted sum of logits: one movement
weighs 1, and `1, -1` asks for the evidence of one movement against another.

Maps keep their sign. Where a paper ends in a ReLU ("only a positive influence on the class"), the
picture of the map does so (`app.heatmap.overlay`), not the map: a contrast needs both sides. At
inner depths A is before normalisation and ReLU, so it may be negative there.
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
    """Channels weighted by their mean gradient: sum_c mean(G_c) A_c.

    Selvaraju et al., "Grad-CAM", ICCV 2017, without the final ReLU.

    Args:
        maps: A, float [C,h,w].
        gradient: G, float [C,h,w].

    Returns:
        float [h,w], signed.

    Example:
        >>> maps = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
        >>> gradient = torch.tensor([[[1.0, 0.0]], [[-1.0, -1.0]]])
        >>> grad_cam(maps, gradient)
        tensor([[-2.5000,  1.0000]])
    """
    weights = gradient.mean((1, 2))  # [C]
    return torch.einsum("c,chw->hw", weights, maps)


def grad_cam_plus_plus(maps: Tensor, gradient: Tensor) -> Tensor:
    """Channels weighted by their positive gradients, so that repeated things all count.

    sum_c sum(alpha_c relu(G_c)) A_c, with alpha = G^2 / (2 G^2 + sum(A) G^3).

    Chattopadhay et al., "Grad-CAM++", WACV 2018, where the class score is the exponential of the
    logit; its positive factor is left out. Their alpha is 1 / (2 + sum(A) G) and counts only where
    G is positive. They take A after a ReLU, where this has no pole; so does this, and at inner
    depths, where A has other signs too, the maps would otherwise be mostly negative.

    Args:
        maps: A, float [C,h,w].
        gradient: G, float [C,h,w].

    Returns:
        float [h,w], not negative.

    Example:
        >>> maps = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
        >>> gradient = torch.tensor([[[1.0, 0.0]], [[-1.0, -1.0]]])
        >>> grad_cam_plus_plus(maps, gradient)
        tensor([[0.2000, 0.4000]])
    """
    maps, positive = maps.relu(), gradient.relu()
    total = maps.sum((1, 2), keepdim=True)  # [C,1,1]
    weights = (positive / (2 + total * positive)).sum((1, 2))  # [C]
    return torch.einsum("c,chw->hw", weights, maps)


def layer_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Each place of each channel weighted by its own positive gradient: sum_c relu(G_c) A_c.

    Jiang et al., "LayerCAM", IEEE Transactions on Image Processing 2021, without the final ReLU.

    Args:
        maps: A, float [C,h,w].
        gradient: G, float [C,h,w].

    Returns:
        float [h,w], signed where A is.

    Example:
        >>> maps = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
        >>> gradient = torch.tensor([[[1.0, 0.0]], [[-1.0, -1.0]]])
        >>> layer_cam(maps, gradient)
        tensor([[1., 0.]])
    """
    return (gradient.relu() * maps).sum(0)


def hires_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Each place of each channel weighted by its own gradient: sum_c G_c A_c.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM", 2020 (arXiv:2011.08891).

    Args:
        maps: A, float [C,h,w].
        gradient: G, float [C,h,w].

    Returns:
        float [h,w], signed.

    Example:
        >>> maps = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
        >>> gradient = torch.tensor([[[1.0, 0.0]], [[-1.0, -1.0]]])
        >>> hires_cam(maps, gradient)
        tensor([[-2.,  0.]])
    """
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
    layers: Iterable[str],
) -> dict[str, np.ndarray]:
    """Heat maps of one picture at any number of layers, in one forward and one backward pass.

    "cam" is the exact class activation map (Zhou et al., "Learning Deep Features for Discriminative
    Localization", CVPR 2016): sum_c w_c A_c, with the head's weights w.

    Args:
        network: any of `training.networks`; it is not changed.
        view: uint8 RGB [S,S,3], letterboxed.
        movement: K weights, how much each movement's logit counts.
        method: one of METHODS.
        layers: of which maps are made, see `record_activations`.

    Returns:
        By layer, float32 [h,w], signed. "cam" is in logits, and its mean is the score without the
        head's bias; "grad-cam" and "hirescam" at the last map are that, divided by h * w.

    Raises:
        ValueError: there is no such method or layer, the weights do not fit, or "cam" was asked for
            where it is not defined.

    Example:
        >>> from training.networks import build
        >>> view = np.zeros((32, 32, 3), np.uint8)
        >>> maps = heat_maps(build("small_cnn"), view, [0, 1, 0, 0, 0], "layercam", ["5", "11"])
        >>> {layer: cells.shape for layer, cells in maps.items()}
        {'5': (8, 8), '11': (2, 2)}
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    classes = network.classifier.out_features
    if len(movement) != classes:
        raise ValueError(f"{len(movement)} weights for {classes} movements")
    wanted = tuple(dict.fromkeys(layers))
    weights = torch.tensor(movement, dtype=torch.float32, device=network.temperature.device)
    with torch.enable_grad(), record_activations(network, wanted) as activations:
        outputs = network(_image(network, view))
        found = [activations[layer] for layer in wanted]
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

    Example:
        >>> average([np.array([[200.0]], np.float32), np.array([[-1.0, 0.0]], np.float32)])
        array([[0. , 0.5]], dtype=float32)
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
    """A picture as the network's input, float32 [1,3,S,S], whose gradient may be asked for."""
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
