"""Attention rollout: from which places of a picture a transformer gathers what it knows.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (2020): the attention of each block,
averaged over its heads and mixed with the way past it, multiplied from the first block to the last.
Their network reads its verdict off one class token. Ours averages all tokens, so its rollout is
averaged over them too.

Rollout sees neither values, nor the layers between, nor the head: it is the same for all movements,
and a place that is looked at may speak against the verdict. `app.explain.cams` answers those
questions; the Report tab says how both compare.
"""

import numpy as np
import torch
from torch import Tensor

from app.explain.hooks import record_activations
from training.networks import MovementNetwork
from training.networks.vit import Block

RESIDUAL = 0.5
"""Share of a block's output that came past its attention; the paper's."""


def attention_rollout(network: MovementNetwork, view: np.ndarray) -> np.ndarray:
    """How much each place of a picture takes part in the mean of the last tokens.

    Args:
        network: a transformer of `training.networks`; it is left as it was found.
        view: uint8 RGB [S,S,3], letterboxed.

    Returns:
        float32 [h,w], one number a token, none negative; they add up to 1.

    Raises:
        ValueError: the network has no attention.
    """
    blocks = {
        f"{name}.norm1": module  # What a block's attention is given.
        for name, module in network.features.named_children()
        if isinstance(module, Block)
    }
    if not blocks:
        raise ValueError("rollout is for transformers: this network has no attention")
    pixels = torch.tensor(np.ascontiguousarray(view)[None], device=network.temperature.device)
    with torch.inference_mode(), record_activations(network, blocks) as seen:
        last = network(network.normalise(pixels)).features
        rolled = torch.eye(last[0, 0].numel(), device=last.device)
        for spot, block in blocks.items():
            rolled = _mixed(block.attn.weights(seen[spot])[0]) @ rolled
    heat: np.ndarray = rolled.mean(0).reshape(last.shape[2:]).cpu().numpy()
    return heat


def _mixed(weights: Tensor) -> Tensor:
    """Attention [heads,T,T] to where each token's output came from [T,T]; rows add up to 1."""
    ways_past = torch.eye(weights.shape[-1], device=weights.device)
    return (1 - RESIDUAL) * weights.mean(0) + RESIDUAL * ways_past
