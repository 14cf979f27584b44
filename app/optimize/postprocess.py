"""The last touch: whose colours a painting wears, and where it covers the photograph."""

import numpy as np
from torch import Tensor

from app.colour import recolour
from app.optimize.pyramid import Size
from app.optimize.spec import OptimizationSpec
from app.optimize.tensors import resized, to_picture
from app.serving.masks import composite, fit_mask
from training.common.preprocessing import resize


class Postprocess:
    """Turns iterates into pictures for people.

    Args:
        spec: whose colours, content and mask are to be laid on.
    """

    def __init__(self, spec: OptimizationSpec) -> None:
        self.spec = spec
        self.content = spec.content
        self.plain = spec.mask is None and spec.colours == "style"

    def __call__(self, painted: Tensor, size: Size) -> np.ndarray:
        """RGB float32 [1,3,h,w] in [0,1] -> uint8 RGB [H,W,3] of this width and height."""
        width, height = size
        picture = to_picture(resized(painted, height, width))
        if self.plain:
            return picture
        if self.content.shape != picture.shape:  # kept, as previews come in one size for long
            self.content = resize(self.spec.content, width, height)
        picture = recolour(picture, self.content, self.spec.colours)
        if self.spec.mask is None:
            return picture
        return composite(self.content, picture, fit_mask(self.spec.mask, width, height))
