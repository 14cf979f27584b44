"""Losses over batches in which not every picture has a movement."""

import torch
import torch.nn.functional as F
from torch import Tensor


def movement_loss(
    logits: Tensor,
    labels: Tensor,
    label_smoothing: float = 0.0,
    adjustment: Tensor | None = None,
) -> Tensor:
    """Mean cross-entropy over the pictures that have a movement; 0 where none has.

    Args:
        logits: float32 [N,K].
        labels: int64 [N], -1 where there is no movement.
        label_smoothing: share of the target spread over all classes.
        adjustment: float32 [K], added to the logits, see `log_prior`; None adds nothing.
    """
    if adjustment is not None:
        logits = logits + adjustment
    total = F.cross_entropy(
        logits, labels, ignore_index=-1, label_smoothing=label_smoothing, reduction="sum"
    )
    return total / (labels >= 0).sum().clamp(min=1)


def log_prior(labels: Tensor, classes: int) -> Tensor:
    """Logarithm of each movement's share of the training pictures, float32 [K].

    Added to the logits in the training loss, `tau` times (Menon et al. 2021, "Long-tail learning
    via logit adjustment"), it takes over what the data say of how common a movement is, so that
    the logits are left with what the picture says: at tau = 1 the highest of them is the choice
    with the least error where all movements are equally common.

    Args:
        labels: int64 [N], -1 where there is no movement; every movement occurs.
        classes: how many movements there are.
    """
    counts = torch.bincount(labels[labels >= 0], minlength=classes).float()
    return (counts / counts.sum()).log()
