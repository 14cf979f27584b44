from collections.abc import Callable

import numpy as np
import pytest
from skimage import data

from app.serving.classifier import Reading
from training.common.preprocessing import letterbox, six_views
from training.common.refusal import Refusal

NAMES = ("Abstract", "Cubism", "Expressionism", "Impressionism", "Realism")
KINDS = ("one of the movements", "photograph", "another movement")

MakeReading = Callable[..., Reading]


@pytest.fixture(scope="session")
def make_reading() -> MakeReading:
    """Readings of the painting with chosen probabilities, as a network might have given them."""
    painting = data.coffee()
    views, boxes = six_views(painting)

    def make(
        *probabilities: float,
        refusal: Refusal | None = None,
        kinds: tuple[float, ...] = (0.9, 0.06, 0.04),
        cam: np.ndarray | None = None,
    ) -> Reading:
        chances = np.array(probabilities or (0.1, 0.6, 0.05, 0.05, 0.2), np.float32)
        ramp = np.linspace(-1, 1, 49, dtype=np.float32).reshape(7, 7)
        maps = np.stack([ramp * (index + 1) for index in range(5)])[None].repeat(6, 0)
        return Reading(
            movements=NAMES,
            probabilities=chances,
            view_probabilities=chances[None].repeat(6, 0),
            views=views.copy(),
            boxes=tuple(boxes),
            whole=letterbox(painting)[1],
            cam=maps if cam is None else cam,
            view_embeddings=np.zeros((6, 1024), np.float32),
            kind_probabilities=np.array(kinds, np.float32),
            kinds=KINDS,
            refusal=refusal,
            provider="CPU",
            milliseconds=12.3,
        )

    return make
