"""Attention rollout: how much each place of a picture contributes to a transformer's output.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (2020): the attention of each block,
averaged over its heads and mixed with its residual connection, multiplied from the first block to
the last: R = (W_L + I) / 2 ... (W_1 + I) / 2. Their network classifies by one class token. Ours
averages all tokens, so its rollout is averaged over them too.

Rollout depends neither on values, nor on the layers between, nor on the head: it is the same for
all movements, and a place with much attention may count against the verdict. `app.explain.cams`
answers those questions; the Report tab says how both compare.
"""

import numpy as np
import torch
from torch import Tensor

from app.explain.hooks import record_activations
from training.networks import MovementNetwork
from training.networks.vit import Block

RESIDUAL = 0.5
"""Share of a block's output that is its residual connection's; the paper's."""


def attention_rollout(network: MovementNetwork, view: np.ndarray) -> np.ndarray:
    """How much each place of a picture takes part in the mean of the last tokens.

    Args:
        network: a transformer of `training.networks`; it is not changed.
        view: uint8 RGB [S,S,3], letterboxed.

    Returns:
        float32 [h,w], one number a token, none negative; they add up to 1.

    Raises:
        ValueError: the network has no attention.

    Example:
        >>> from training.networks import build
        >>> heat = attention_rollout(build("vit_tiny"), np.zeros((32, 32, 3), np.uint8))
        >>> heat.shape, round(float(heat.sum()), 3)
        ((2, 2), 1.0)
    """
    blocks = {
        f"{name}.norm1": module  # The input of a block's attention.
        for name, module in network.features.named_children()
        if isinstance(module, Block)
    }
    if not blocks:
        raise ValueError("rollout is for transformers: this network has no attention")
    pixels = torch.tensor(np.ascontiguousarray(view)[None], device=network.temperature.device)
    with torch.inference_mode(), record_activations(network, blocks) as activations:
        last = network(network.normalise(pixels)).features
        rolled = torch.eye(last[0, 0].numel(), device=last.device)
        for name, block in blocks.items():
            rolled = _mixed(block.attn.weights(activations[name])[0]) @ rolled
    heat: np.ndarray = rolled.mean(0).reshape(last.shape[2:]).cpu().numpy()
    return heat


def _mixed(weights: Tensor) -> Tensor:
    """Attention [heads,T,T] to where each token's output came from [T,T]; rows add up to 1."""
    identity = torch.eye(weights.shape[-1], device=weights.device)
    return (1 - RESIDUAL) * weights.mean(0) + RESIDUAL * identity
