"""What to start painting slowly from: the picture as the stylizer paints it at once."""

from collections.abc import Sequence

import numpy as np

from app.serving.mask import fit_mask, lay_inside
from app.serving.style import blend
from app.serving.stylizer import Stylizer
from training.preprocessing import fit

SIDE = 1024
"""Default longest side of what is painted: an optimisation starts small, so more is wasted."""


def warm_start(
    stylizer: Stylizer,
    content: np.ndarray,
    vectors: Sequence[np.ndarray],
    weights: Sequence[float],
    *,
    regions: Sequence[np.ndarray | None] | None = None,
    side: int = SIDE,
) -> np.ndarray:
    """Paint a picture in one pass, like one to four others.

    Args:
        stylizer: what paints.
        content: uint8 RGB [H,W,3].
        vectors: of the styles, float32 [D] each.
        weights: one for each style, not negative; only their proportions count.
        regions: one for each style, uint8 [h,w] of any size, 0 to 255: where it paints; None for
            everywhere. Where several overlap, the last one is seen.
        side: longest side of the result in pixels, unless the content's is shorter.

    Returns:
        uint8 RGB [h,w,3], of the content's proportions; where no style paints, the content.

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    shown = fit(content, side)
    blend(vectors, weights)  # refuses what makes no sense
    entries = list(zip(vectors, weights, regions or [None] * len(vectors), strict=True))
    entries = [entry for entry in entries if entry[1] > 0]
    everywhere = [(vector, weight) for vector, weight, region in entries if region is None]
    painted = shown
    if everywhere:
        painted = stylizer.paint(shown, blend(*zip(*everywhere, strict=True))).picture
    height, width = shown.shape[:2]
    for vector, _, region in entries:
        if region is not None:
            inside = fit_mask(region, width, height)
            painted = lay_inside(painted, stylizer.paint(shown, vector).picture, inside)
    return painted
