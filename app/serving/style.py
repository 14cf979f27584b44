"""Styles as vectors: how they mix, and how strongly they are laid on."""

from collections.abc import Sequence

import cv2
import numpy as np

from app.errors import UserError

STYLE_SIZES = (0.5, 2.0)
"""Smallest and largest style size."""

MAX_STYLES = 4
"""Default limit on the styles in a blend."""


def interpolate(own: np.ndarray, vector: np.ndarray, strength: float) -> np.ndarray:
    """Go from a picture's own style vector to another, float32 [D] all.

    Raises:
        UserError: `strength` is not in 0..1.
    """
    if not 0 <= strength <= 1:
        raise UserError("The strength must be a number from 0 to 1.")
    return (np.float32(1 - strength) * own + np.float32(strength) * vector).astype(np.float32)


def blend_photograph(photograph: np.ndarray, painted: np.ndarray, strength: float) -> np.ndarray:
    """Let the photograph show through where a style is weak, uint8 RGB [H,W,3] all.

    Painted in its own style a photograph comes back without its finest detail. It shows through by
    (1 - strength)^2: wholly at 0, by a quarter halfway, and not at all at 1.
    """
    share = (1 - strength) ** 2
    if share == 0:
        return painted
    shown: np.ndarray = cv2.addWeighted(photograph, share, painted, 1 - share, 0)
    return shown


def blend(
    vectors: Sequence[np.ndarray], weights: Sequence[float], *, max_styles: int = MAX_STYLES
) -> np.ndarray:
    """Mix styles.

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
        raise UserError(f"A blend takes from 1 to {max_styles} styles, not {len(vectors)}.")
    if len(weights) != len(vectors):
        raise UserError(f"{len(vectors)} styles need as many weights, not {len(weights)}.")
    shares = np.asarray(weights, np.float64)
    if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
        raise UserError("The weights of a blend must be numbers from 0 up, at least one above 0.")
    # By the largest first: the sum of the largest floats would be infinite.
    shares /= shares.max()
    return (shares / shares.sum() @ np.stack(vectors)).astype(np.float32)
