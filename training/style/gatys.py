"""The baseline: the optimisation of Gatys et al. 2016 on the very losses the stylizer learns."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.common.files import save_array
from training.style.objective import CONTENT_LAYERS, STYLE_LAYERS

LossesOf = Callable[[Tensor], tuple[Tensor, Tensor]]
"""A picture, RGB float32 [1,3,H,W], to its content loss and its style loss, float32 [1] each."""


def optimise(start: Tensor, losses_of: LossesOf, beta: float, steps: int) -> Tensor:
    """Minimise content loss + beta * style loss over the pixels, by L-BFGS as the paper does.

    Args:
        start: where from, RGB float32 in [0,1] [1,3,H,W].
        losses_of: gives both losses.
        beta: weight of the style loss; the content loss weighs 1.
        steps: iterations.

    Returns:
        The picture, RGB float32 in [0,1] [1,3,H,W].
    """
    # L-BFGS flattens the gradient, which has the picture's own memory format.
    picture = start.clone(memory_format=torch.contiguous_format).requires_grad_()
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
        content, style = losses_of(picture)
        total = (content + beta * style).sum()
        total.backward()
        return total

    optimiser.step(closure)
    return picture.detach().clamp(0, 1)


@dataclass(frozen=True)
class PictureCache:
    """Optimised pictures in files: each takes minutes, and depends on no network.

    They are kept in half precision, a sixteenth of a grey level or better: whole grey levels would
    add noise that the unrounded pictures beside them do not have.

    Attributes:
        folder: where the files are; it is made when it is needed.
        sources: the feature files that judge, in order; they are known by their names.
        steps: of each optimisation.
    """

    folder: Path
    sources: tuple[str, ...]
    steps: int

    def picture(
        self, photograph: Tensor, style: Tensor, losses_of: LossesOf, beta: float
    ) -> Tensor:
        """The optimised picture from the cache, computed if it is missing.

        Args:
            photograph: where to start from, RGB float32 in [0,1] [1,3,H,W].
            style: likewise, of any size.
            losses_of: compares with both.
            beta: weight of the style loss.

        Returns:
            The picture, RGB float32 in [0,1] [1,3,H,W].
        """
        path = self.folder / self._name(photograph, style, beta)
        if not path.exists():
            found = optimise(photograph, losses_of, beta, self.steps)
            save_array(path, found.half().cpu().numpy())
        return torch.from_numpy(np.load(path)).float()

    def _name(self, photograph: Tensor, style: Tensor, beta: float) -> str:
        """A file name that holds all that a picture depends on."""
        height, width = photograph.shape[2:]
        names = [Path(source).name for source in self.sources]
        digest = hashlib.sha256(repr((names, CONTENT_LAYERS, STYLE_LAYERS)).encode())
        for picture in (photograph, style):
            digest.update(repr(picture.shape).encode() + picture.cpu().numpy().tobytes())
        facts = f"{width}x{height}-steps{self.steps}-beta{beta!r}"
        return f"{facts}-{digest.hexdigest()[:16]}.npy"
