"""Sine gratings: the stripes that tell what a cell, or a channel of a network, answers to.

Physiologists have probed visual cells with them since Hubel and Wiesel. The mean of every grating
is the same grey, and all have the same contrast in the numbers that the network gets, so that
answers can be compared across directions, widths and colours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.common.preprocessing import SIZE

ORIENTATIONS = tuple(15.0 * step for step in range(12))
"""Directions of the stripes in degrees: 0 lies, 90 stands, 45 rises to the right."""

FREQUENCIES = tuple(2.0 ** -(1.5 + 0.5 * step) for step in range(10))
"""Cycles per pixel of the network's input, in half octaves: stripes are 2.8 to 64 pixels apart."""

PHASES = (0.0, 90.0, 180.0, 270.0)
"""Degrees by which the stripes are shifted."""

HUES = ("grey", "red-green", "blue-yellow")
"""What alternates. Both colour gratings have the same luminance everywhere (Rec. 709)."""

GREY = 128
"""The mean light of all gratings, as a byte."""

RMS = 32.0
"""Root mean square distance of each grating from that grey, over pixels and channels, in bytes."""

_LUMINANCE = np.array((0.2126, 0.7152, 0.0722))

# Directions in linear light: what is added to grey, relative to it. Luminance is the dot product.
_DIRECTIONS = {
    "grey": np.array((1.0, 1.0, 1.0)),
    "red-green": np.array((1.0, -_LUMINANCE[0] / _LUMINANCE[1], 0.0)),
    "blue-yellow": np.array((*2 * [-_LUMINANCE[2] / _LUMINANCE[:2].sum()], 1.0)),
}


@dataclass(frozen=True)
class Grating:
    """One grating.

    Attributes:
        hue: one of HUES.
        orientation: degrees, as in ORIENTATIONS.
        frequency: cycles per pixel.
        phase: degrees.
    """

    hue: str
    orientation: float
    frequency: float
    phase: float

    def draw(self, size: int = SIZE) -> np.ndarray:
        """uint8 RGB [size,size,3]."""
        along = np.arange(size) - (size - 1) / 2
        angle = np.radians(self.orientation)
        # Rows run downwards, so stripes at angle a change along (sin a, cos a) in (x, y down).
        across = along[None, :] * np.sin(angle) + along[:, None] * np.cos(angle)
        wave = np.sin(2 * np.pi * self.frequency * across + np.radians(self.phase))
        return tint(wave, self.hue)


def tint(wave: np.ndarray, hue: str) -> np.ndarray:
    """Colour a wave of -1..1, float [h,w], around the grey: uint8 RGB [h,w,3]."""
    light = decode(GREY / 255) * (1 + contrast(hue) * wave[..., None] * _DIRECTIONS[hue])
    return np.rint(255 * encode(light)).astype(np.uint8)


def contrast(hue: str) -> float:
    """Amplitude in linear light, relative to grey, at which a grating reaches RMS."""
    wave = np.sin(np.linspace(0, 2 * np.pi, 256, endpoint=False))[:, None] * _DIRECTIONS[hue]
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        bytes_ = 255 * encode(decode(GREY / 255) * (1 + middle * wave))
        too_little = np.sqrt(np.mean((bytes_ - GREY) ** 2)) < RMS
        low, high = (middle, high) if too_little else (low, middle)
    return high


def all_gratings() -> Iterator[Grating]:
    """Every combination, by hue, then orientation, then frequency, then phase."""
    for hue in HUES:
        for orientation in ORIENTATIONS:
            for frequency in FREQUENCIES:
                for phase in PHASES:
                    yield Grating(hue, orientation, frequency, phase)


def decode(values: np.ndarray | float) -> np.ndarray:
    """SRGB of 0..1 to linear light (IEC 61966-2-1)."""
    values = np.asarray(values)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encode(light: np.ndarray) -> np.ndarray:
    """Linear light of 0..1 to sRGB."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
