"""Losses over batches in which not every picture has a movement."""

import torch.nn.functional as F
from torch import Tensor


def movement_loss(logits: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy over the pictures that have a movement; 0 where none has.

    Args:
        logits: float32 [N,K].
        labels: int64 [N], -1 where there is no movement.
        label_smoothing: share of the target spread over all classes.
    """
    total = F.cross_entropy(
        logits, labels, ignore_index=-1, label_smoothing=label_smoothing, reduction="sum"
    )
    return total / (labels >= 0).sum().clamp(min=1)
