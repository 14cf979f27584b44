"""Masks: where a painting replaces the photograph, and which of several paintings is where."""

from collections.abc import Sequence

import cv2
import numpy as np

FEATHER = 0.01
"""Default width of the soft edge of a mask, as a share of the picture's shorter side."""

Masks = Sequence[np.ndarray | None]
"""The areas of several styles or paintings: uint8 [h,w] of any size; None for everywhere."""

_WHOLE = 255
_STRIP = 256  # Rows blended at a time, so that a large picture needs no large float arrays.


def composite(
    photograph: np.ndarray, painted: np.ndarray, mask: np.ndarray, feather: float = FEATHER
) -> np.ndarray:
    """Show a painting inside a mask; outside it the photograph stays as it is, to the bit.

    Args:
        photograph: uint8 RGB [H,W,3].
        painted: uint8 RGB [H,W,3].
        mask: bool or uint8 [H,W], from 0, the photograph, to True or 255, the painting.
        feather: width of the soft edge, all of it inside the mask, as a share of the picture's
            shorter side; 0 cuts sharply.

    Returns:
        uint8 RGB [H,W,3].

    Raises:
        ValueError: sizes differ, or the mask is of another type.
    """
    check_mask(mask, photograph)
    inside = (mask > 0).astype(np.uint8)
    edge = 1 + feather * min(mask.shape)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)  # 1 at the very edge
    full = 1 if mask.dtype == np.bool_ else 255
    blended = np.empty_like(photograph)
    for top in range(0, len(mask), _STRIP):
        rows = slice(top, top + _STRIP)
        opacity = np.minimum(depth[rows] / edge, 1) * (mask[rows] / np.float32(full))
        base = photograph[rows].astype(np.float32)
        blended[rows] = base + (painted[rows] - base) * opacity[..., None] + 0.5
    return blended


def check_mask(mask: np.ndarray, picture: np.ndarray) -> None:
    """Raise ValueError unless a mask is bool or uint8 [H,W] and fits a picture [H,W,3]."""
    if mask.shape != picture.shape[:2]:
        raise ValueError(f"a mask of {mask.shape} does not fit a picture of {picture.shape}")
    if mask.dtype not in (np.uint8, np.bool_):
        raise ValueError(f"a mask is uint8 or bool, not {mask.dtype}")


def fit_mask(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize a mask, bool or uint8 [h,w], to uint8 [height,width] from 0 to 255."""
    whole = mask.astype(np.uint8) * 255 if mask.dtype == np.bool_ else mask
    shrinks = width * height < mask.size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(whole, (width, height), interpolation=interpolation)


def group_by_mask(masks: Masks, width: int, height: int) -> list[tuple[list[int], np.ndarray]]:
    """Group styles that have the same mask, on a picture of this size.

    Styles without a mask share what no mask covers.

    Args:
        masks: one for each style.
        width: of the picture.
        height: of the picture.

    Returns:
        Indices of the styles of each group, and its mask: uint8 [height,width], 0 to 255. Those
        without a mask come last.
    """
    groups: list[tuple[list[int], np.ndarray]] = []
    rest = np.full((height, width), _WHOLE, np.uint8)
    for index, mask in enumerate(masks):
        if mask is None:
            continue
        fitted = fit_mask(mask, width, height)
        np.minimum(rest, _WHOLE - fitted, out=rest)
        for indices, known in groups:
            if np.array_equal(known, fitted):
                indices.append(index)
                break
        else:
            groups.append(([index], fitted))
    everywhere = [index for index, mask in enumerate(masks) if mask is None]
    return [*groups, (everywhere, rest)] if everywhere else groups


def composite_by_masks(
    photograph: np.ndarray,
    paintings: Sequence[np.ndarray],
    masks: Masks,
    feather: float = FEATHER,
) -> np.ndarray:
    """Combine paintings of a photograph, each inside its mask.

    Outside all masks the photograph stays as it is, to the bit.

    Args:
        photograph: uint8 RGB [H,W,3].
        paintings: uint8 RGB [H,W,3] each.
        masks: one for each painting.
        feather: width of the soft edges, as a share of the picture's shorter side.

    Returns:
        uint8 RGB [H,W,3].
    """
    painted = mix_by_masks(paintings, masks, feather)
    union = mask_union(masks, *photograph.shape[1::-1])
    return painted if union is None else composite(photograph, painted, union, feather)


def mix_by_masks(
    paintings: Sequence[np.ndarray], masks: Masks, feather: float = FEATHER
) -> np.ndarray:
    """Mean of paintings at each pixel, weighted by their blurred masks.

    Args:
        paintings: uint8 RGB [H,W,3] each, at least one.
        masks: one for each painting.
        feather: see `composite_by_masks`.

    Returns:
        uint8 RGB [H,W,3]; outside all masks it is undefined, see `mask_union`.
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


def mask_union(masks: Masks, width: int, height: int) -> np.ndarray | None:
    """The area that any of some masks covers, uint8 [height,width]; None if it is everything."""
    if any(mask is None for mask in masks):
        return None
    union: np.ndarray = np.zeros((height, width), np.uint8)
    for mask in masks:
        assert mask is not None
        union = cv2.add(union, fit_mask(mask, width, height))  # Saturates at 255.
    return None if union.min() == _WHOLE else union


def _soft(mask: np.ndarray | None, width: int, height: int, feather: float) -> np.ndarray:
    """A mask resized, and blurred over the width of the soft edge; uint8 [height,width].

    It is at least 1 wherever the mask is above 0, so that each covered pixel has a painting.
    """
    if mask is None:
        return np.full((height, width), _WHOLE, np.uint8)
    reach = 2 * round(feather * min(width, height) / 2) + 1
    fitted = fit_mask(mask, width, height)
    soft: np.ndarray = cv2.max(cv2.blur(fitted, (reach, reach)), np.minimum(fitted, 1))
    return soft
