"""Where to paint, and where to leave the photograph alone."""

import cv2
import numpy as np

_STRIP = 256  # Rows blended at a time, so that a large picture needs no large float arrays.


def composite(
    photograph: np.ndarray, painted: np.ndarray, mask: np.ndarray, feather: float = 0.01
) -> np.ndarray:
    """Keep a painting where a mask says so; outside it the photograph stays as it is, to the bit.

    Args:
        photograph: uint8 RGB [H,W,3].
        painted: uint8 RGB [H,W,3].
        mask: bool or uint8 [H,W], from 0, outside, to True or 255, where the painting covers.
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
    laid = np.empty_like(photograph)
    for top in range(0, len(mask), _STRIP):
        rows = slice(top, top + _STRIP)
        opacity = np.minimum(depth[rows] / edge, 1) * (mask[rows] / np.float32(full))
        below = photograph[rows].astype(np.float32)
        laid[rows] = below + (painted[rows] - below) * opacity[..., None] + 0.5
    return laid


def check_mask(mask: np.ndarray, picture: np.ndarray) -> None:
    """Raise ValueError unless a mask is bool or uint8 [H,W] and fits a picture [H,W,3]."""
    if mask.shape != picture.shape[:2]:
        raise ValueError(f"a mask of {mask.shape} does not fit a picture of {picture.shape}")
    if mask.dtype not in (np.uint8, np.bool_):
        raise ValueError(f"a mask is uint8 or bool, not {mask.dtype}")


def fit_mask(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    """Enlarge or shrink a mask, bool or uint8 [h,w], to uint8 [height,width] from 0 to 255."""
    whole = mask.astype(np.uint8) * 255 if mask.dtype == np.bool_ else mask
    shrinks = width * height < mask.size
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(whole, (width, height), interpolation=way)
