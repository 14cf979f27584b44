"""The few colours a picture is made of: k-means in CIELAB."""

from typing import NamedTuple

import cv2
import numpy as np

from training.common.texture_features.working_picture import WorkingPicture, to_lab

SWATCHES = 6

_LEVELS = 32  # Of each channel: colours that are nearer are one point of the cloud.
_ROUNDS = 40
_ALIKE = 6.0  # In CIELAB, where 100 is from black to white: colours that pass for the same.


class Swatch(NamedTuple):
    """One colour of a palette.

    Attributes:
        colour: red, green and blue, 0..255.
        share: of the picture's area, 0..1.
    """

    colour: tuple[int, int, int]
    share: float


def palette(working: WorkingPicture, count: int = SWATCHES) -> list[Swatch]:
    """At most `count` colours, the commonest first; the same picture always gives the same."""
    codes, index = np.unique(
        (working.picture // (256 // _LEVELS)).reshape(-1, 3) @ (_LEVELS**2, _LEVELS, 1),
        return_inverse=True,
    )
    weights = np.bincount(index)
    axes = working.lab.reshape(-1, 3).T
    points = np.stack([np.bincount(index, axis, len(codes)) / weights for axis in axes], 1)
    return _gather(points, weights / weights.sum(), count)


def gather(swatches: list[Swatch], count: int = SWATCHES) -> list[Swatch]:
    """The commonest colours of many palettes together."""
    colours = np.array([swatch.colour for swatch in swatches], np.uint8)
    shares = np.array([swatch.share for swatch in swatches])
    return _gather(to_lab(colours[None])[0], shares / shares.sum(), count)


def _gather(points: np.ndarray, weights: np.ndarray, count: int) -> list[Swatch]:
    """K-means of weighted colours (Lloyd 1982), by scikit-learn.

    Centres begin at the colour nearest to the mean, then each where the squared distance to the
    others times the weight is largest (k-means++, Arthur and Vassilvitskii 2007, without chance).

    Args:
        points: float [N,3], CIELAB.
        weights: float [N], their sum is 1.
        count: of colours that are wanted at most; fewer where fewer can be told apart.
    """
    from sklearn.cluster import KMeans  # slow to import

    centres = _begin(points, weights, count)
    kmeans = KMeans(len(centres), init=centres, n_init=1, max_iter=_ROUNDS, tol=0)
    nearest = kmeans.fit_predict(points, sample_weight=weights)
    shares = np.bincount(nearest, weights, len(centres))
    swatches = [
        Swatch((red, green, blue), float(share))
        for (red, green, blue), share in zip(
            _from_lab(kmeans.cluster_centers_).tolist(), shares, strict=True
        )
        if share > 0
    ]
    return sorted(swatches, key=lambda swatch: -swatch.share)


def _from_lab(colours: np.ndarray) -> np.ndarray:
    """CIELAB, float [N,3] -> sRGB, uint8 [N,3]."""
    values = cv2.cvtColor(colours[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0]
    return np.rint(255 * values.clip(0, 1)).astype(np.uint8)


def _begin(points: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    mean = weights @ points
    centres = points[((points - mean) ** 2).sum(1).argmin()][None]
    while len(centres) < count:
        distances = _distances(points, centres).min(1)
        if distances.max() < _ALIKE**2:
            break
        centres = np.vstack([centres, points[(distances * weights).argmax()]])
    return centres


def _distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared, float [N,K]."""
    return ((points[:, None] - centres[None]) ** 2).sum(2)
