"""What a channel answers to, in one number each: direction, width and colour of stripes."""

from dataclasses import dataclass

import numpy as np

from export.assets.gratings import FREQUENCIES, HUES, ORIENTATIONS


@dataclass(frozen=True)
class Tuning:
    """Of C channels, float [C] each.

    Attributes:
        hue: index into HUES of the gratings that it answers to most; the next five hold for them.
        orientation: direction of the preferred stripes, 0 to 180 degrees, as in ORIENTATIONS.
        selectivity: of direction, 0 (all are alike) to 1 (only one will do), see
            `orientation_selectivity`.
        frequency: preferred, in cycles per pixel.
        bandwidth: of frequency, in octaves, see `bandwidths`.
        drive: the strongest answer, in deviations of the channel's cells over paintings.
        colourfulness: strongest answer to colours of one luminance, as a share of that and the
            strongest to grey stripes: 0.5 answers both alike.
        reliability: correlation between the answers to all gratings at two phases and at the two
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


def tune(answers: np.ndarray, deviations: np.ndarray) -> Tuning:
    """Sum up the answers to gratings.

    Args:
        answers: float [hues,orientations,frequencies,phases,C], 0 and more.
        deviations: float [C], of each channel's cells over paintings.
    """
    strength = answers.mean(3)
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
        reliability=_reliability(answers),
    )


def orientation_selectivity(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Preferred direction, and 1 - circular variance (Ringach, Shapley & Hawken 2002).

    With answers R to directions a, both are read off one sum, R exp(2ia) / sum of R: half its
    angle, and its length.

    Args:
        answers: float [C,orientations], 0 and more.

    Returns:
        Degrees of 0 to 180, and selectivity of 0 to 1, float [C] each; 0 where nothing is answered.
    """
    turns = np.exp(2j * np.radians(ORIENTATIONS))
    resultant = _share(answers @ turns, answers.sum(1))
    return np.degrees(np.angle(resultant)) / 2 % 180, np.abs(resultant)


def preferred_frequencies(answers: np.ndarray) -> np.ndarray:
    """Where a parabola through the highest answer and its neighbours, over octaves, peaks.

    Args:
        answers: float [C,frequencies].

    Returns:
        Cycles per pixel, float [C]; at the ends of the range, the end.
    """
    channels, last = np.arange(len(answers)), len(FREQUENCIES) - 1
    top = answers.argmax(1)
    inner = np.clip(top, 1, last - 1)
    before, at, after = (answers[channels, inner + step] for step in (-1, 0, 1))
    offset = _share(0.5 * (before - after), before - 2 * at + after)
    offset = np.where(top == inner, np.clip(offset, -0.5, 0.5), top - inner)
    octaves = np.log2(FREQUENCIES)
    return np.asarray(2 ** (octaves[inner] + offset * (octaves[1] - octaves[0])))


def bandwidths(answers: np.ndarray) -> np.ndarray:
    """Full width at half height in octaves (De Valois, Albrecht & Thorell 1982).

    Args:
        answers: float [C,frequencies].

    Returns:
        Float [C]. Where answers do not fall to half before the range ends, its end counts.
    """
    step = abs(np.log2(FREQUENCIES[1] / FREQUENCIES[0]))
    tops = answers.argmax(1)
    sides = ((row[top:], row[top::-1]) for row, top in zip(answers, tops, strict=True))
    return np.array([step * sum(map(_reach, both)) for both in sides])


def _reach(tail: np.ndarray) -> float:
    """Steps from the first value, the highest, to where it falls to half, between values too."""
    half = tail[0] / 2
    below = np.flatnonzero(tail < half)
    if not len(below):
        return float(len(tail) - 1)
    end = below[0]
    return float(end - (half - tail[end]) / (tail[end - 1] - tail[end]))


def _reliability(answers: np.ndarray) -> np.ndarray:
    """Correlation over all gratings between two halves of the phases, float [C]."""
    halves = [answers[:, :, :, start::2].mean(3) for start in (0, 1)]
    flat = [half.reshape(-1, half.shape[-1]) for half in halves]
    first, second = (rows - rows.mean(0) for rows in flat)
    spread = np.sqrt((first**2).sum(0) * (second**2).sum(0))
    return _share((first * second).sum(0), spread)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part / whole, and 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=np.abs(whole) > 1e-12)
