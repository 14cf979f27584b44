"""Statistics of a made-up painting."""

import numpy as np

from training.networks.texture_encoder import HEADS
from training.style.statistics import SIZES, Moments, StyleStatistics


def style_statistics(seed: int = 0) -> StyleStatistics:
    """Of noise in each layer of the texture encoder, the same for the same seed."""
    random = np.random.default_rng(seed)
    seen = []
    for _ in SIZES:
        maps = {name: random.standard_normal((width, 200)) for name, width in HEADS.items()}
        seen.append({name: Moments(m.mean(1), m @ m.T / m.shape[1]) for name, m in maps.items()})
    return StyleStatistics.of(seen)
