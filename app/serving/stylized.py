"""What painting gives: a picture, what the network painted of it, and the steps to it."""

from dataclasses import dataclass

import numpy as np

from app.progress import Step
from app.serving.resolution import bring_to_size
from app.serving.style import blend_photograph


@dataclass(frozen=True, eq=False)
class StylizedPicture:
    """A painted picture.

    Attributes:
        picture: uint8 RGB [H,W,3], of the photograph's size.
        strokes: uint8 RGB [h,w,3], what the network painted, at the size it was painted at.
        vector: float32 [D], the style it was painted in; strength is in it already.
        strength: 0..1, how little of the photograph shows through.
        stroke_size: see `app.serving.resolution.working_size`.
        tiles: how many parts it was painted in; 1 is a single pass.
        provider: "CUDA" or "CPU".
        milliseconds: from photograph to picture.
    """

    picture: np.ndarray
    strokes: np.ndarray
    vector: np.ndarray
    strength: float
    stroke_size: float
    tiles: int
    provider: str
    milliseconds: float

    def on(self, photograph: np.ndarray) -> np.ndarray:
        """The same strokes on the same photograph of another size, without its mask.

        Args:
            photograph: uint8 RGB [H,W,3].

        Returns:
            uint8 RGB [H,W,3].
        """
        return blend_photograph(photograph, bring_to_size(self.strokes, photograph), self.strength)


@dataclass(frozen=True, eq=False, kw_only=True)
class StylizeStep(Step):
    """One tile more: `picture` is a preview of the whole; only the last step has a `painting`."""

    painting: StylizedPicture | None = None
