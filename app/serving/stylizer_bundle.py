"""All that painting needs: both networks of the stylizer, and the styles that come with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from app.serving.classifier import Classifier
from app.serving.presets import Presets
from app.serving.resolution import bring_to_size, working_size
from app.serving.runtime import Provider, load_network
from app.serving.style import blend_photograph, interpolate
from app.serving.style_targets import read_targets
from app.serving.stylizer import Stylizer
from training.common.preprocessing import fit, resize
from training.style.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.style.statistics import StyleStatistics

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""At which `StylizerBundle.curve` paints."""

_CURVE_SIDE = 384  # Pixels: small enough to paint five times, large enough for strokes.

PREVIEW_SIDE = 160
"""Longest side of `StylizerBundle.previews` in pixels."""

_PREVIEW_PAINTED = 384  # Pixels: painted larger and then reduced, strokes are nearer the result's.
_PREVIEW_BATCH = 6  # Presets that are painted at once, which bounds the memory.


@dataclass(frozen=True, eq=False)
class Curve:
    """What a reader says of a picture that is painted with growing strength.

    Attributes:
        own: float32 [D], the picture's own style.
        vector: float32 [D], the style it is painted in.
        stroke_size: of the strokes.
        probabilities: float32 [5,K], of the movements at each of `STRENGTHS`.
    """

    own: np.ndarray
    vector: np.ndarray
    stroke_size: float
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class StylizerBundle:
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

    def previews(self, picture: np.ndarray) -> list[np.ndarray]:
        """Paint a small copy of a picture in each preset, in the presets' order.

        Args:
            picture: uint8 RGB [H,W,3] of any size.

        Returns:
            uint8 RGB [h,w,3] each, of the picture's shape, `PREVIEW_SIDE` long at most.
        """
        small, smallest = fit(picture, _PREVIEW_PAINTED), fit(picture, PREVIEW_SIDE)
        height, width = smallest.shape[:2]
        vectors = np.stack([preset.vector for preset in self.presets])
        previews: list[np.ndarray] = []
        for start in range(0, len(vectors), _PREVIEW_BATCH):
            some = vectors[start : start + _PREVIEW_BATCH]
            painted = self.stylizer.paint_batch(small[None], some)
            previews += [resize(each, width, height) for each in painted]
        return previews

    def curve(
        self,
        classifier: Classifier,
        picture: np.ndarray,
        own: np.ndarray,
        vector: np.ndarray,
        stroke_size: float = 1.0,
    ) -> Curve:
        """Ask what a reader says of a picture that is painted with growing strength.

        A small copy is painted and read as any picture is, by the average of six views.

        Args:
            classifier: the reader.
            picture: uint8 RGB [H,W,3].
            own: float32 [D], the picture's own style.
            vector: float32 [D], the style it is painted in.
            stroke_size: of the strokes, beside those of the small copy.
        """
        small = fit(picture, _CURVE_SIDE)
        height, width = small.shape[:2]
        seen = resize(picture, *working_size(width, height, stroke_size))
        vectors = np.stack([interpolate(own, vector, strength) for strength in STRENGTHS])
        painted = self.stylizer.paint_batch(seen[None], vectors)
        shown = [
            blend_photograph(small, bring_to_size(each, small), strength)
            for each, strength in zip(painted, STRENGTHS, strict=True)
        ]
        probabilities = np.stack([classifier.read(each).probabilities for each in shown])
        return Curve(own, vector, stroke_size, probabilities)
