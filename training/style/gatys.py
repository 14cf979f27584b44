"""The yardstick: the optimisation of Gatys et al. 2016 on the very losses the stylizer learns."""

from collections.abc import Callable

import torch
from torch import Tensor

Judge = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A picture, RGB float32 [1,3,H,W], to its content loss and its style loss, scalars."""


def optimise(start: Tensor, judge: Judge, beta: float, steps: int) -> Tensor:
    """Minimise content loss + beta * style loss over the pixels, by L-BFGS as the paper does.

    Args:
        start: where from, RGB float32 in [0,1] [1,3,H,W].
        judge: gives both losses.
        beta: weight of the style loss; the content loss weighs 1.
        steps: iterations.

    Returns:
        The picture, RGB float32 in [0,1] [1,3,H,W].
    """
    picture = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [picture],
        max_iter=steps,
        max_eval=steps * 2,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        content, style = judge(picture)
        total = content + beta * style
        total.backward()
        return total

    optimiser.step(closure)
    return picture.detach().clamp(0, 1)
