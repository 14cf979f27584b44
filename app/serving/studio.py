"""All that painting needs: both networks of the stylizer, and the styles that come with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from app.serving.classifier import Classifier, softmax
from app.serving.presets import Presets
from app.serving.runtime import Provider, load_network
from app.serving.style import lay_on, towards
from app.serving.style_targets import read_targets
from app.serving.stylizer import Stylizer
from training.preprocessing import fit, letterbox
from training.style.shipped import ENCODER_FILE, STYLIZER_FILE
from training.style.statistics import StyleStatistics

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""At which `Studio.curve` paints."""

_CURVE_SIDE = 384  # Pixels: small enough to paint five times, large enough for strokes.


@dataclass(frozen=True, eq=False)
class Curve:
    """What a reader says of a picture that is painted with growing strength.

    Attributes:
        own: float32 [D], the picture's own style.
        vector: float32 [D], the style it is painted in.
        probabilities: float32 [5,K], of the movements at each of `STRENGTHS`.
    """

    own: np.ndarray
    vector: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Studio:
    """The same for all visitors; safe to use from several threads.

    Attributes:
        stylizer: both networks.
        presets: the styles that come with the app.
        targets: statistics of those that can be painted slowly, by name.
    """

    stylizer: Stylizer
    presets: Presets
    targets: Mapping[str, StyleStatistics]

    @classmethod
    def load(cls, folder: Path, *, provider: Provider, require_gpu: bool) -> Self:
        """Load the networks and presets of a folder.

        Raises:
            UserError: a file is missing, or they do not belong together.
        """
        encoder, painter = (
            load_network(
                folder / file, provider=provider, require_gpu=require_gpu, fixed_shapes=False
            )
            for file in (ENCODER_FILE, STYLIZER_FILE)
        )
        stylizer = Stylizer(encoder, painter)
        presets = Presets.read(folder, encoder_version=stylizer.version, length=stylizer.length)
        return cls(stylizer, presets, read_targets(folder))

    def curve(
        self, classifier: Classifier, picture: np.ndarray, own: np.ndarray, vector: np.ndarray
    ) -> Curve:
        """Ask what a reader says of a picture that is painted with growing strength.

        Only the whole of a small copy is looked at, so that all strengths fit in one batch.

        Args:
            classifier: the reader.
            picture: uint8 RGB [H,W,3].
            own: float32 [D], the picture's own style.
            vector: float32 [D], the style it is painted in.
        """
        small = fit(picture, _CURVE_SIDE)
        vectors = np.stack([towards(own, vector, strength) for strength in STRENGTHS])
        painted = self.stylizer.paint_batch(small[None], vectors)
        shown = [
            lay_on(small, each, strength) for each, strength in zip(painted, STRENGTHS, strict=True)
        ]
        views = np.stack([letterbox(each)[0] for each in shown])
        return Curve(own, vector, softmax(classifier.network.run(image=views)["logits"]))
