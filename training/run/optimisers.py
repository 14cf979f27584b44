"""Optimisers by name, and the moving average of the weights."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

MOMENTUM = 0.95


class Muon(torch.optim.AdamW):
    """Muon (Jordan et al. 2024) for convolution kernels, AdamW for everything else.

    torch.optim.Muon takes matrices alone. Here a kernel [O,I,h,w] is the matrix [O,I*h*w] that
    patches are multiplied with. Its steps are scaled so that AdamW's learning rates carry over
    (Liu et al., "Muon is scalable for LLM training", 2025).

    Args:
        groups: AdamW's parameter groups; those with `"orthogonal": True` hold kernels.
        lr: learning rate of all.
    """

    def __init__(self, groups: list[dict[str, Any]], lr: float) -> None:
        super().__init__([{"orthogonal": False, **group} for group in groups], lr, fused=True)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """One step of both, on the gradients of all groups; the kernels' are used up by it."""
        for group in self.param_groups:
            if group["orthogonal"]:
                for kernel in group["params"]:
                    self._step_kernel(kernel, group["lr"], group["weight_decay"])
        return super().step(closure)

    def _step_kernel(self, kernel: Tensor, rate: float, weight_decay: float) -> None:
        gradient, kernel.grad = kernel.grad, None  # so that AdamW passes it over
        if gradient is None:
            return
        state = self.state[kernel]
        if not state:
            state["momentum"] = torch.zeros_like(kernel)
            state["step"] = torch.zeros(())  # AdamW asks every state for it when it is loaded
        velocity = state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        direction = gradient.lerp(velocity, MOMENTUM).flatten(1)
        scale = 0.2 * math.sqrt(max(direction.shape))
        kernel.mul_(1 - rate * weight_decay)
        kernel.add_(orthogonalised(direction).view_as(kernel), alpha=-rate * scale)


def orthogonalised(matrix: Tensor, iterations: int = 5) -> Tensor:
    """About the nearest semi-orthogonal matrix: its singular values end between 0.6 and 1.3.

    The quintic Newton-Schulz iteration of Muon, in bfloat16.

    Args:
        matrix: float32 [M,N].
        iterations: how often the polynomial is applied.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.mT if tall else matrix).bfloat16()
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        polynomial = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        x = torch.addmm(x, polynomial, x, beta=3.4445)
    return (x.mT if tall else x).to(matrix.dtype)


def make_muon(module: nn.Module, rate: float, weight_decay: float = 0.0) -> Muon:
    """Muon for a module's trainable parameters; biases and normalisations are not decayed."""
    trainable = [p for p in module.parameters() if p.requires_grad]
    return Muon(
        [
            {
                "params": [p for p in trainable if p.ndim == 4],
                "weight_decay": weight_decay,
                "orthogonal": True,
            },
            {"params": [p for p in trainable if 1 < p.ndim < 4], "weight_decay": weight_decay},
            {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
        ],
        rate,
    )


def make_optimiser(
    module: nn.Module, name: str, rate: float, weight_decay: float = 0.0
) -> torch.optim.Optimizer:
    """An optimiser of a module's trainable parameters.

    Args:
        module: what is trained.
        name: "adam", "adamw" or "muon".
        rate: learning rate.
        weight_decay: of "adamw" and "muon"; biases and normalisations are not decayed.
    """
    if name == "muon":
        return make_muon(module, rate, weight_decay)
    trainable = [p for p in module.parameters() if p.requires_grad]
    if name == "adam":
        return torch.optim.Adam(trainable, rate)
    groups = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, rate, fused=True)


def moving_average(
    network: nn.Module, decay: float, device: torch.device, *, warm_up: bool = False
) -> AveragedModel:
    """An exponential moving average of a network's parameters and buffers.

    Args:
        network: what is trained; `update_parameters(network)` takes a step of the average.
        decay: 0..1, how much of the average each step keeps.
        device: where the average is kept.
        warm_up: keep less during the first steps, (1 + n) / (10 + n) at most, so that random first
            weights are soon forgotten.
    """

    def average(mean: Any, weights: Any, _: object) -> None:
        n = int(averaged.n_averaged)
        share = 1 - (min(decay, (1 + n) / (10 + n)) if warm_up else decay)
        if mean[0].is_floating_point():
            torch._foreach_lerp_(mean, weights, share)
        else:
            torch._foreach_copy_(mean, weights)

    averaged = AveragedModel(network, multi_avg_fn=average, use_buffers=True).to(device)
    averaged.n_averaged = averaged.n_averaged.cpu()  # else every step would wait for the GPU
    return averaged
