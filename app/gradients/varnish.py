"""The last touch: whose colours a painting wears, and where it covers the photograph."""

import numpy as np
from torch import Tensor

from app.colour import recolour
from app.gradients.commission import Commission
from app.gradients.pyramid import Size
from app.gradients.tensors import resized, to_picture
from app.serving.mask import fit_mask, lay_inside
from training.preprocessing import resize


class Varnish:
    """Turns iterates into pictures for people.

    Args:
        commission: whose colours, content and mask are to be laid on.
    """

    def __init__(self, commission: Commission) -> None:
        self.commission = commission
        self.content = commission.content
        self.plain = commission.mask is None and commission.colours == "style"

    def __call__(self, painted: Tensor, size: Size) -> np.ndarray:
        """RGB float32 [1,3,h,w] in [0,1] -> uint8 RGB [H,W,3] of this width and height."""
        width, height = size
        picture = to_picture(resized(painted, height, width))
        if self.plain:
            return picture
        if self.content.shape != picture.shape:  # kept, as previews come in one size for long
            self.content = resize(self.commission.content, width, height)
        picture = recolour(picture, self.content, self.commission.colours)
        if self.commission.mask is None:
            return picture
        return lay_inside(self.content, picture, fit_mask(self.commission.mask, width, height))
