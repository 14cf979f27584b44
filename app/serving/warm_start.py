"""What to start painting slowly from: the picture as the stylizer paints it at once."""

from collections.abc import Sequence

import numpy as np

from app.serving.regions import Masks, by_region, lay_together
from app.serving.stylizer import Stylizer
from training.common.preprocessing import fit

SIDE = 1024
"""Default longest side of what is painted: an optimisation starts small, so more is wasted."""


def warm_start(
    stylizer: Stylizer,
    content: np.ndarray,
    vectors: Sequence[np.ndarray],
    weights: Sequence[float],
    *,
    regions: Masks | None = None,
    side: int = SIDE,
) -> np.ndarray:
    """Paint a picture in one pass, like one to four others.

    Args:
        stylizer: what paints.
        content: uint8 RGB [H,W,3].
        vectors: of the styles, float32 [D] each.
        weights: one for each style, not negative; only their proportions count.
        regions: one for each style, uint8 [h,w] of one size, 0 to 255: where it paints; None for
            what no region claims.
        side: longest side of the result in pixels, unless the content's is shorter.

    Returns:
        uint8 RGB [h,w,3], of the content's proportions; where no style paints, the content.

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    shown = fit(content, side)
    where = by_region(vectors, weights, regions or [None] * len(vectors))
    painted = [stylizer.paint(shown, region.vector).picture for region in where]
    return lay_together(shown, painted, [region.mask for region in where])
