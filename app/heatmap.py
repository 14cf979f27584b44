"""Signed class activation maps as pictures, laid over the painting they explain.

    picture, evidence = overlay(picture, reading.heat_map(best, width, height))

Colour grows with the strength of the evidence, and the painting's own lightness stays visible, so
that even under the strongest evidence one still sees the brushwork in question. Where there is no
evidence the painting turns grey: a painted sunset or a blue sky would otherwise look like
evidence.
"""

from typing import NamedTuple

import cv2
import numpy as np

FOR_COLOUR = (205, 20, 45)
AGAINST_COLOUR = (25, 85, 200)
"""Red and blue (RGB) of `difference`, for legends; colour-blind eyes can tell them apart too."""

# Inferno is perceptually uniform: equal steps of evidence look like equal steps of colour.
_INFERNO = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO)
_INFERNO = _INFERNO.reshape(256, 3)[:, ::-1]  # OpenCV gives BGR.
_DARKEST = 50  # Where in inferno weak evidence begins; its black end would look like a shadow.
_SPREAD = 0.7  # Below 1: medium evidence is seen, not only the peak.
_SHADE, _LIGHT = 0.8, 0.35  # How much of a colour survives on black, and what white adds to it.
_NOTHING = 1e-6  # In logits: less than this is rounding, not evidence.
_STRIP = 256  # Rows blended at a time, so that a large picture needs no large float arrays.


class Overlay(NamedTuple):
    """A picture with evidence painted on it.

    Attributes:
        picture: uint8 RGB [H,W,3]; the very picture that was given where there is no evidence.
        evidence: whether there was any to paint. If not, say so instead of showing a bare picture.
    """

    picture: np.ndarray
    evidence: bool


def overlay(picture: np.ndarray, heat: np.ndarray, opacity: float = 0.75) -> Overlay:
    """Paint where the evidence *for* one class lies, from violet (weak) to yellow (strong).

    Only positive evidence is painted, on a scale that ends at its own maximum. A map that is
    nowhere positive, or everywhere the same, is not painted.

    Args:
        picture: uint8 RGB [H,W,3].
        heat: float32 [H,W], signed evidence in logits.
        opacity: 0..1, how much the strongest evidence covers the picture.

    Raises:
        ValueError: sizes differ, opacity is out of range, or the map is not finite.
    """
    _check(picture, heat, opacity)
    peak = float(heat.max())
    if peak <= _NOTHING or _is_flat(heat):
        return Overlay(picture, evidence=False)
    strength = np.clip(heat / peak, 0, 1)
    colours = _INFERNO[(_DARKEST + (255 - _DARKEST) * strength).astype(np.uint8)]
    return Overlay(_blend(picture, colours, strength, opacity), evidence=True)


def difference(picture: np.ndarray, heat: np.ndarray, opacity: float = 0.75) -> Overlay:
    """Paint evidence for one class against another in red, and the opposite in blue.

    Both colours share one scale, which ends at the strongest evidence of either sign.

    Args:
        picture: uint8 RGB [H,W,3].
        heat: float32 [H,W], evidence for one class minus evidence for another, in logits.
        opacity: 0..1, how much the strongest evidence covers the picture.

    Raises:
        ValueError: sizes differ, opacity is out of range, or the map is not finite.
    """
    _check(picture, heat, opacity)
    if _is_flat(heat):
        return Overlay(picture, evidence=False)
    strength = np.abs(heat) / np.abs(heat).max()
    red, blue = np.array((FOR_COLOUR, AGAINST_COLOUR), np.uint8)
    colours = np.where(heat[..., None] > 0, red, blue)
    return Overlay(_blend(picture, colours, strength, opacity), evidence=True)


def _blend(
    picture: np.ndarray, colours: np.ndarray, strength: np.ndarray, opacity: float
) -> np.ndarray:
    """Blend colours, uint8 [H,W,3], over a picture by their strength, float32 [H,W] in 0..1."""
    painted = np.empty_like(picture)
    for top in range(0, len(picture), _STRIP):
        rows = slice(top, top + _STRIP)
        grey = cv2.cvtColor(picture[rows], cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
        below = picture[rows] + (grey - picture[rows]) * opacity
        above = np.minimum(colours[rows] * (_SHADE + _LIGHT / 255 * grey), 255)
        alpha = opacity * strength[rows, :, None] ** _SPREAD
        painted[rows] = below + (above - below) * alpha + 0.5
    return painted


def _is_flat(heat: np.ndarray) -> bool:
    return bool(np.ptp(heat) <= _NOTHING * max(1.0, float(np.abs(heat).max())))


def _check(picture: np.ndarray, heat: np.ndarray, opacity: float) -> None:
    if heat.shape != picture.shape[:2]:
        raise ValueError(f"a map of {heat.shape} does not fit a picture of {picture.shape[:2]}")
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must lie in 0..1, got {opacity}")
    if not np.isfinite(heat).all():
        raise ValueError("the map holds values that are not finite")
