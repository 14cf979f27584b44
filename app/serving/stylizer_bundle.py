"""The stylizer's networks and presets, and what the page shows beside a result."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from app.serving.classifier import Classifier
from app.serving.presets import Presets, read_targets
from app.serving.resolution import resize_to_photograph, working_size
from app.serving.runtime import Provider, load_network
from app.serving.style import blend_photograph, interpolate
from app.serving.stylizer import Stylizer
from training.common.preprocessing import fit, resize
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.style.statistics import StyleStatistics

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Strengths of `StylizerBundle.curve`."""

_CURVE_SIDE = 384  # Pixels: small enough to paint five times, large enough for strokes.

PREVIEW_SIDE = 160
"""Longest side of `StylizerBundle.previews` in pixels."""

_PREVIEW_PAINTED = 384  # Pixels: painted larger and then reduced, the strokes resemble the result.
_PREVIEW_BATCH = 6  # Presets painted at once; this bounds the memory.


@dataclass(frozen=True, eq=False)
class Curve:
    """The classifier's probabilities for a picture painted with growing strength.

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
        presets: the styles that ship with the app.
        targets: statistics of the presets that can be optimized towards, by name.
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
        small = fit(picture, _PREVIEW_PAINTED)
        height, width = fit(picture, PREVIEW_SIDE).shape[:2]
        vectors = np.stack([preset.vector for preset in self.presets])
        previews: list[np.ndarray] = []
        for start in range(0, len(vectors), _PREVIEW_BATCH):
            batch = vectors[start : start + _PREVIEW_BATCH]
            painted = self.stylizer.paint_batch(small[None], batch)
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
        """Classify a picture painted with growing strength.

        A small copy is painted, and classified as any picture is, by the average of six views.

        Args:
            classifier: what classifies it.
            picture: uint8 RGB [H,W,3].
            own: float32 [D], the picture's own style.
            vector: float32 [D], the style it is painted in.
            stroke_size: relative to the small copy.
        """
        small = fit(picture, _CURVE_SIDE)
        height, width = small.shape[:2]
        resized = resize(picture, *working_size(width, height, stroke_size))
        vectors = np.stack([interpolate(own, vector, strength) for strength in STRENGTHS])
        painted = self.stylizer.paint_batch(resized[None], vectors)
        shown = [
            blend_photograph(small, resize_to_photograph(each, small), strength)
            for each, strength in zip(painted, STRENGTHS, strict=True)
        ]
        probabilities = np.stack([classifier.read(each).probabilities for each in shown])
        return Curve(own, vector, stroke_size, probabilities)
