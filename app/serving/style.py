"""Styles as vectors: their strength, their blends, and the regions that they paint."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.errors import UserError
from app.serving.masks import Masks, group_by_mask
from app.translation import gettext as _

STYLE_SIZES = (0.5, 2.0)
"""Smallest and largest style size."""

MAX_STYLES = 4
"""Default limit on the styles in a blend."""


def interpolate(own: np.ndarray, vector: np.ndarray, strength: float) -> np.ndarray:
    """Interpolate from a picture's own style vector to another, float32 [D] all.

    Raises:
        UserError: `strength` is not in 0..1.
    """
    if not 0 <= strength <= 1:
        raise UserError(_("The strength must be a number from 0 to 1."))
    return (np.float32(1 - strength) * own + np.float32(strength) * vector).astype(np.float32)


def blend_photograph(photograph: np.ndarray, painted: np.ndarray, strength: float) -> np.ndarray:
    """Mix a photograph into its painting where the strength is low, uint8 RGB [H,W,3] all.

    Painted in its own style a photograph still loses its finest detail. So its share is
    (1 - strength)^2: all of it at 0, a quarter at 0.5, nothing at 1.
    """
    share = (1 - strength) ** 2
    if share == 0:
        return painted
    mixed: np.ndarray = cv2.addWeighted(photograph, share, painted, 1 - share, 0)
    return mixed


def blend(
    vectors: Sequence[np.ndarray], weights: Sequence[float], *, max_styles: int = MAX_STYLES
) -> np.ndarray:
    """Weighted mean of style vectors.

    Args:
        vectors: float32 [D] each.
        weights: one for each, not negative; only their proportions count.
        max_styles: limit on their number.

    Returns:
        Style vector, float32 [D].

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    if not 1 <= len(vectors) <= max_styles:
        sentence = _("A blend takes from 1 to {max_styles} styles, not {count}.")
        raise UserError(sentence.format(max_styles=max_styles, count=len(vectors)))
    if len(weights) != len(vectors):
        sentence = _("{styles} styles need as many weights, not {weights}.")
        raise UserError(sentence.format(styles=len(vectors), weights=len(weights)))
    shares = np.asarray(weights, np.float64)
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
        raise UserError(
            _("The weights of a blend must be numbers from 0 up, at least one above 0.")
        )
    # Divided by the largest first: the sum of the largest floats would be infinite.
    shares /= shares.max()
    return (shares / shares.sum() @ np.stack(vectors)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class StyleRegion:
    """A style, and where it is painted.

    Attributes:
        vector: float32 [D].
        mask: uint8 [h,w] of any size, 0 to 255; None for everywhere.
    """

    vector: np.ndarray
    mask: np.ndarray | None


def style_regions(
    vectors: Sequence[np.ndarray],
    weights: Sequence[float],
    masks: Masks,
    *,
    max_styles: int = MAX_STYLES,
) -> tuple[StyleRegion, ...]:
    """Blend the styles that have the same mask; see `app.serving.masks.group_by_mask`.

    Args:
        vectors: of the styles, float32 [D] each.
        weights: one for each style, not negative; styles of weight 0 are left out.
        masks: one for each style, all of one size.
        max_styles: limit on the number of styles.

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    whole = blend(vectors, weights, max_styles=max_styles)
    used = [index for index, weight in enumerate(weights) if weight > 0]
    used_masks = [masks[index] for index in used]
    size = next((mask.shape for mask in used_masks if mask is not None), None)
    if size is None:
        return (StyleRegion(whole, None),)
    regions = []
    for indices, mask in group_by_mask(used_masks, size[1], size[0]):
        if mask.any():
            group = [(vectors[used[index]], weights[used[index]]) for index in indices]
            vector = blend(*zip(*group, strict=True), max_styles=max_styles)
            regions.append(StyleRegion(vector, mask))
    return tuple(regions) or (StyleRegion(whole, None),)
