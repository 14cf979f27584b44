"""Sine gratings: the stripes that show what a cell, or a channel of a network, responds to.

Physiologists have probed visual cells with them since Hubel and Wiesel. The mean of every grating
is the same grey, and all have the same contrast in the numbers that the network gets, so that
responses can be compared across directions, widths and colours.
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


@dataclass(frozen=True)
class Tuning:
    """Of C channels, float [C] each.

    Attributes:
        hue: index into HUES of the gratings that it responds to most; the next five hold for them.
        orientation: direction of the preferred stripes, 0 to 180 degrees, as in ORIENTATIONS.
        selectivity: of direction, 0 (all are alike) to 1 (only one will do), see
            `orientation_selectivity`.
        frequency: preferred, in cycles per pixel.
        bandwidth: of frequency, in octaves, see `bandwidths`.
        drive: the strongest response, in deviations of the channel's cells over paintings.
        colourfulness: strongest response to colours of one luminance, as a share of that and the
            strongest to grey stripes: 0.5 means equal responses.
        reliability: correlation between the responses to all gratings at two phases and at the two
            between them. Low where it hangs on where a stripe happens to lie.
    """

    hue: np.ndarray
    orientation: np.ndarray
    selectivity: np.ndarray
    frequency: np.ndarray
    bandwidth: np.ndarray
    drive: np.ndarray
    colourfulness: np.ndarray
    reliability: np.ndarray


def tune(responses: np.ndarray, deviations: np.ndarray) -> Tuning:
    """Sum up the responses to gratings.

    Args:
        responses: float [hues,orientations,frequencies,phases,C], 0 and more.
        deviations: float [C], of each channel's cells over paintings.
    """
    strength = responses.mean(3)
    peaks = strength.max((1, 2))
    hue = peaks.argmax(0)
    channels = np.arange(len(hue))
    best = strength[hue, :, :, channels]
    at_orientation, at_frequency = np.divmod(
        best.reshape(len(channels), -1).argmax(1), len(FREQUENCIES)
    )
    orientation, selectivity = orientation_selectivity(best[channels, :, at_frequency])
    across_frequencies = best[channels, at_orientation]
    strongest = peaks.max(0)
    colour = peaks[[HUES.index(name) for name in HUES if name != "grey"]].max(0)
    return Tuning(
        hue=hue,
        orientation=orientation,
        selectivity=selectivity,
        frequency=preferred_frequencies(across_frequencies),
        bandwidth=bandwidths(across_frequencies),
        drive=_share(strongest, deviations),
        colourfulness=_share(colour, colour + peaks[HUES.index("grey")]),
        reliability=_reliability(responses),
    )


def orientation_selectivity(responses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Preferred direction, and 1 - circular variance (Ringach, Shapley & Hawken 2002).

    With responses R to directions a, both are read off one sum, R exp(2ia) / sum of R: half its
    angle, and its length.

    Args:
        responses: float [C,orientations], 0 and more.

    Returns:
        Degrees of 0 to 180, and selectivity of 0 to 1, float [C] each; 0 where nothing is answered.
    """
    turns = np.exp(2j * np.radians(ORIENTATIONS))
    resultant = _share(responses @ turns, responses.sum(1))
    return np.degrees(np.angle(resultant)) / 2 % 180, np.abs(resultant)


def preferred_frequencies(responses: np.ndarray) -> np.ndarray:
    """Where a parabola through the highest response and its neighbours, over octaves, peaks.

    Args:
        responses: float [C,frequencies].

    Returns:
        Cycles per pixel, float [C]; at the ends of the range, the end.
    """
    channels, last = np.arange(len(responses)), len(FREQUENCIES) - 1
    top = responses.argmax(1)
    inner = np.clip(top, 1, last - 1)
    before, at, after = (responses[channels, inner + step] for step in (-1, 0, 1))
    offset = _share(0.5 * (before - after), before - 2 * at + after)
    offset = np.where(top == inner, np.clip(offset, -0.5, 0.5), top - inner)
    octaves = np.log2(FREQUENCIES)
    return np.asarray(2 ** (octaves[inner] + offset * (octaves[1] - octaves[0])))


def bandwidths(responses: np.ndarray) -> np.ndarray:
    """Full width at half height in octaves (De Valois, Albrecht & Thorell 1982).

    Args:
        responses: float [C,frequencies].

    Returns:
        Float [C]. Where responses do not fall to half before the range ends, its end counts.
    """
    step = abs(np.log2(FREQUENCIES[1] / FREQUENCIES[0]))
    tops = responses.argmax(1)
    sides = ((row[top:], row[top::-1]) for row, top in zip(responses, tops, strict=True))
    return np.array([step * sum(map(_reach, both)) for both in sides])


def _reach(tail: np.ndarray) -> float:
    """Steps from the first value, the highest, to where it falls to half, between values too."""
    half = tail[0] / 2
    below = np.flatnonzero(tail < half)
    if not len(below):
        return float(len(tail) - 1)
    end = below[0]
    return float(end - (half - tail[end]) / (tail[end - 1] - tail[end]))


def _reliability(responses: np.ndarray) -> np.ndarray:
    """Correlation over all gratings between two halves of the phases, float [C]."""
    halves = [responses[:, :, :, start::2].mean(3) for start in (0, 1)]
    flat = [half.reshape(-1, half.shape[-1]) for half in halves]
    first, second = (rows - rows.mean(0) for rows in flat)
    spread = np.sqrt((first**2).sum(0) * (second**2).sum(0))
    return _share((first * second).sum(0), spread)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part / whole, and 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=np.abs(whole) > 1e-12)
