"""The colours of a stylized picture: the style's, or the photograph's in one of two ways.

All three start from a finished painting, so that choosing another runs no network.
"""

from typing import Literal

import cv2
import numpy as np

Colours = Literal["style", "photograph", "palette"]
"""The style's own; the photograph's, place by place; or a palette matched to the photograph's."""

_LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)  # BT.601, of gamma-encoded R, G and B.
_STRIP = 256  # Rows at a time, so that a large picture needs no large float arrays.
_NOISE = 1 / 12  # Variance that rounding to whole grey levels adds to a channel.
_MAX_GAIN = 8.0  # A nearly flat picture has no palette to stretch, only noise.


def recolour(painted: np.ndarray, photograph: np.ndarray, colours: Colours) -> np.ndarray:
    """Give a finished painting the colours that were chosen.

    Args:
        painted: uint8 RGB [H,W,3], in the style's colours.
        photograph: uint8 RGB [H,W,3], what it was painted from.
        colours: "style" leaves them, "photograph" is `keep_colours`, "palette" `match_palette`.

    Returns:
        uint8 RGB [H,W,3].

    Raises:
        ValueError: sizes differ.
    """
    if colours == "photograph":
        return keep_colours(painted, photograph)
    if colours == "palette":
        return match_palette(painted, photograph)
    return painted


def keep_colours(painted: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Light and dark of the painting, hues of the photograph (Gatys et al. 2016, luminance-only).

    Luma and chroma are those of BT.601 (Y'CbCr, and YIQ, which the paper takes). It is linear in
    the stored R, G and B, so that a pixel's chroma is simply what differs from its luma: nothing is
    converted there and back, grey stays grey, and luma comes out exact. In CIELAB, which is closer
    to the eye, clipping would bend hues, and 8 bits would round them.

    Where a screen cannot show the photograph's chroma at the painting's luma, chroma is reduced
    until it can; clipping would change both the hue and the brushstrokes.

    Args:
        painted: uint8 RGB [H,W,3].
        photograph: uint8 RGB [H,W,3].

    Returns:
        uint8 RGB [H,W,3].

    Raises:
        ValueError: sizes differ.
    """
    if painted.shape != photograph.shape:
        raise ValueError(f"{painted.shape} was not painted from {photograph.shape}")
    result = np.empty_like(painted)
    for top in range(0, len(painted), _STRIP):
        rows = slice(top, top + _STRIP)
        light = luma(painted[rows])
        chroma = photograph[rows] - luma(photograph[rows])
        # By how much the chroma can be multiplied until it reaches white, or black.
        channels = cv2.split(chroma)  # ten times as fast as chroma.max(-1)
        above = (255 - light) / np.maximum(np.maximum.reduce(channels), 1e-3)[..., None]
        below = light / np.maximum(-np.minimum.reduce(channels), 1e-3)[..., None]
        result[rows] = light + chroma * np.minimum(1, np.minimum(above, below)) + 0.5
    return result


def match_palette(picture: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Give a picture the mean and covariance of another's colours.

    The linear colour transfer of Image Analogies (Hertzmann et al. 2001), as Gatys et al. (2016)
    use it to match a style picture to the photograph *before* painting: apply it to the style
    picture for that. Applied to a finished painting it does the same to the painting's palette, at
    once, and for styles of which there is only a vector.

    Args:
        picture: uint8 RGB [H,W,3], any size.
        palette: uint8 RGB [h,w,3], any size, such as the photograph.

    Returns:
        uint8 RGB [H,W,3]. Moments match but for rounding and clipping, and but for directions in
        which the picture hardly varies: those are stretched `_MAX_GAIN` times at most.
    """
    mean, covariance = colour_moments(picture)
    wanted_mean, wanted_covariance = colour_moments(palette)
    gain = _power(wanted_covariance, 0.5) @ _power(covariance, -0.5)
    left, singular_values, right = np.linalg.svd(gain)
    gain = left * np.minimum(singular_values, _MAX_GAIN) @ right
    shift = wanted_mean - gain @ mean
    return cv2.transform(picture, np.column_stack([gain, shift]))  # rounds and clips to uint8


def colour_moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of a picture's colours.

    Args:
        picture: uint8 RGB [H,W,3].

    Returns:
        float64 [3] and [3,3], in grey levels and their squares.
    """
    total, products = np.zeros(3), np.zeros((3, 3))
    for top in range(0, len(picture), _STRIP):
        colours = picture[top : top + _STRIP].reshape(-1, 3).astype(np.float64)
        total += colours.sum(0)
        products += colours.T @ colours
    count = picture.shape[0] * picture.shape[1]
    mean = total / count
    return mean, products / count - np.outer(mean, mean)


def _power(covariance: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a covariance [3,3] that may be of less than full rank."""
    values, vectors = np.linalg.eigh(covariance)
    # Not less than the noise, for both pictures alike: two that are equal then stay as they are.
    return vectors * np.maximum(values, _NOISE) ** exponent @ vectors.T


def luma(picture: np.ndarray) -> np.ndarray:
    """Float32 [H,W,1] in 0..255 of uint8 or float32 RGB [H,W,3] in that range."""
    return cv2.transform(picture.astype(np.float32), _LUMA)[..., None]
