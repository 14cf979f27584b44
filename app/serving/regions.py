"""Styles by region: which of them paint where, and their paintings as one picture.

Paint each of `by_region` and give `lay_together` the paintings, as `warm_start` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.serving.mask import composite, fit_mask
from app.serving.style import MAX_STYLES, blend

FEATHER = 0.01
"""Default width of the soft edge between two regions, as a share of the picture's shorter side."""

_WHOLE = 255
_STRIP = 256  # Rows blended at a time, so that a large picture needs no large float arrays.

Masks = Sequence[np.ndarray | None]
"""Where each of several styles or paintings lies: uint8 [h,w] of any size; None for all over."""


@dataclass(frozen=True, eq=False)
class StyleRegion:
    """A style, and where it paints.

    Attributes:
        vector: float32 [D].
        mask: uint8 [h,w] of any size, 0 to 255; None for all over.
    """

    vector: np.ndarray
    mask: np.ndarray | None


def group_by_mask(masks: Masks, width: int, height: int) -> list[tuple[list[int], np.ndarray]]:
    """Tell which styles paint where on a picture of this size.

    Styles of one mask paint there together. Those without a mask paint what no mask claims.

    Args:
        masks: of each style.
        width: of the picture.
        height: of the picture.

    Returns:
        Indices of styles that paint together, and where: uint8 [height,width], 0 to 255. Those
        without a mask come last.
    """
    shared: list[tuple[list[int], np.ndarray]] = []
    rest = np.full((height, width), _WHOLE, np.uint8)
    for index, mask in enumerate(masks):
        if mask is None:
            continue
        fitted = fit_mask(mask, width, height)
        np.minimum(rest, _WHOLE - fitted, out=rest)
        for indices, known in shared:
            if np.array_equal(known, fitted):
                indices.append(index)
                break
        else:
            shared.append(([index], fitted))
    everywhere = [index for index, mask in enumerate(masks) if mask is None]
    return [*shared, (everywhere, rest)] if everywhere else shared


def by_region(
    vectors: Sequence[np.ndarray],
    weights: Sequence[float],
    masks: Masks,
    *,
    max_styles: int = MAX_STYLES,
) -> tuple[StyleRegion, ...]:
    """Blend the styles that paint in the same places; see `group_by_mask`.

    Args:
        vectors: of the styles, float32 [D] each.
        weights: one for each style, not negative; styles of weight 0 paint nowhere.
        masks: one for each style, all of one size.
        max_styles: limit on the number of styles.

    Raises:
        UserError: there are too many styles or none, or the weights make no sense.
    """
    whole = blend(vectors, weights, max_styles=max_styles)
    used = [index for index, weight in enumerate(weights) if weight > 0]
    drawn = [masks[index] for index in used]
    size = next((mask.shape for mask in drawn if mask is not None), None)
    if size is None:
        return (StyleRegion(whole, None),)
    regions = []
    for indices, mask in group_by_mask(drawn, size[1], size[0]):
        chosen = [used[index] for index in indices]
        if mask.any():
            together = [(vectors[index], weights[index]) for index in chosen]
            vector = blend(*zip(*together, strict=True), max_styles=max_styles)
            regions.append(StyleRegion(vector, mask))
    return tuple(regions) or (StyleRegion(whole, None),)


def lay_together(
    photograph: np.ndarray,
    paintings: Sequence[np.ndarray],
    masks: Masks,
    feather: float = FEATHER,
) -> np.ndarray:
    """Lay paintings of a photograph together, each where its mask says.

    Where no mask says anything the photograph stays as it is, to the bit.

    Args:
        photograph: uint8 RGB [H,W,3].
        paintings: uint8 RGB [H,W,3] each.
        masks: one for each painting.
        feather: width of the soft edges, as a share of the picture's shorter side.

    Returns:
        uint8 RGB [H,W,3].
    """
    painted, union = mix(paintings, masks, feather), claimed(masks, *photograph.shape[1::-1])
    return painted if union is None else composite(photograph, painted, union, feather)


def mix(paintings: Sequence[np.ndarray], masks: Masks, feather: float = FEATHER) -> np.ndarray:
    """Mix paintings: each pixel is their mean, weighed by their blurred masks.

    Args:
        paintings: uint8 RGB [H,W,3] each, at least one.
        masks: one for each painting.
        feather: see `lay_together`.

    Returns:
        uint8 RGB [H,W,3]; beyond the soft edges of all masks it means nothing, see `claimed`.
    """
    if len(paintings) == 1:
        return paintings[0]
    height, width = paintings[0].shape[:2]
    weights = [_soft(mask, width, height, feather) for mask in masks]
    mixed = np.empty_like(paintings[0])
    for top in range(0, height, _STRIP):
        rows = slice(top, top + _STRIP)
        total = np.maximum(sum(weight[rows].astype(np.float32) for weight in weights), 1)
        strip = np.full((*total.shape, 3), 0.5, np.float32)
        for painting, weight in zip(paintings, weights, strict=True):
            strip += painting[rows] * (weight[rows] / total)[..., None]
        mixed[rows] = strip
    return mixed


def claimed(masks: Masks, width: int, height: int) -> np.ndarray | None:
    """Where any of some masks lies, uint8 [height,width]; None where together they cover all."""
    if any(mask is None for mask in masks):
        return None
    union: np.ndarray = np.zeros((height, width), np.uint8)
    for mask in masks:
        assert mask is not None
        union = cv2.add(union, fit_mask(mask, width, height))  # Saturates at 255.
    return None if union.min() == _WHOLE else union


def _soft(mask: np.ndarray | None, width: int, height: int, feather: float) -> np.ndarray:
    """A mask of the size wanted, blurred over the width of the soft edge; uint8 [height,width].

    It is at least 1 wherever the mask is above 0, so that each claimed pixel has a painting.
    """
    if mask is None:
        return np.full((height, width), _WHOLE, np.uint8)
    reach = 2 * round(feather * min(width, height) / 2) + 1
    fitted = fit_mask(mask, width, height)
    soft: np.ndarray = cv2.max(cv2.blur(fitted, (reach, reach)), np.minimum(fitted, 1))
    return soft
