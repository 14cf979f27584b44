"""The last step of every painting: its colours, and the mask outside of which nothing changes."""

import numpy as np

from app.colour import Colours, recolour
from app.serving.masks import composite, fit_mask


def postprocess(
    painted: np.ndarray, photograph: np.ndarray, colours: Colours, mask: np.ndarray | None
) -> np.ndarray:
    """Give a painting the colours that were chosen, and keep it inside its mask.

    Args:
        painted: uint8 RGB [H,W,3], in the style's colours.
        photograph: uint8 RGB [H,W,3], what it was painted from.
        colours: whose colours it shall have, see `app.colour.recolour`.
        mask: uint8 [h,w] of any size, 255 where the painting covers the photograph; None for
            everywhere.

    Returns:
        uint8 RGB [H,W,3].

    Raises:
        ValueError: sizes of the pictures differ.
    """
    coloured = recolour(painted, photograph, colours)
    if mask is None:
        return coloured
    height, width = photograph.shape[:2]
    return composite(photograph, coloured, fit_mask(mask, width, height))
