"""Validation: scores of a network during training, on held-out pictures.

The network that a run keeps, and the end of a run, go by the *balanced* cross-entropy: the mean
over the movements of the mean over each movement's pictures. A movement with few pictures counts
as much as any other, as in macro-recall; but where macro-recall moves only when a picture's verdict
changes (by 1/105 for one of 21 Realist pictures), the cross-entropy moves with every picture's
confidence, and so tells neighbouring epochs apart.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor

from training.classifier.batches import Batches
from training.networks import MovementNetwork


class Scores(NamedTuple):
    """Over pictures: mean cross-entropy and accuracy; over movements: the means of both."""

    loss: float
    accuracy: float
    balanced_loss: float
    macro_recall: float


def class_sums(logits: Tensor, labels: Tensor) -> Tensor:
    """Sums over the pictures of each movement, float32 [K,3]: cross-entropy, right ones, all.

    Args:
        logits: float32 [N,K].
        labels: int64 [N].
    """
    losses = F.cross_entropy(logits, labels, reduction="none")
    right = (logits.argmax(1) == labels).float()
    columns = torch.stack((losses, right, torch.ones_like(right)), 1)
    return torch.zeros(logits.shape[1], 3, device=logits.device).index_add_(0, labels, columns)


def scores(sums: Tensor) -> Scores:
    """What `class_sums` of all pictures say; movements without pictures are left out."""
    sums = sums.cpu().double()
    sums = sums[sums[:, 2] > 0]
    loss, right, pictures = sums.sum(0).tolist()
    balanced_loss, macro_recall = (sums[:, :2] / sums[:, 2:]).mean(0).tolist()
    return Scores(loss / pictures, right / pictures, balanced_loss, macro_recall)


def scores_of(logits: np.ndarray, labels: np.ndarray) -> Scores:
    """Scores of predictions: logits float [P,K], labels int [P]."""
    known = torch.from_numpy(np.asarray(labels)).long()
    return scores(class_sums(torch.from_numpy(np.asarray(logits)).float(), known))


@torch.inference_mode()
def validate(network: MovementNetwork, batches: Batches, accelerator: Accelerator) -> Scores:
    """Scores of a network on whole validation pictures, the same in all processes.

    Args:
        network: the network; it is left in evaluation mode.
        batches: this process's share of the pictures, uint8 images and labels >= 0.
        accelerator: of the run.
    """
    network.eval()
    device = accelerator.device
    sums = torch.zeros(network.classifier.out_features, 3, device=device)
    for image, labels, _ in batches:
        with accelerator.autocast():
            logits = network(network.normalise(image.to(device))).logits.float()
        sums += class_sums(logits, labels.to(device))
    return scores(accelerator.reduce(sums, "sum"))
