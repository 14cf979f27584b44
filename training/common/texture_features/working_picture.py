"""A picture as its texture is measured: at one size, in lightness and colour."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from training.common.preprocessing import fit

WORKING_SIDE = 224
"""Longest side at which pictures are measured, in pixels: what the training paintings have.

A stroke is so many pixels wide only at a given size, so what shall be compared must be measured at
the same. Smaller pictures are not enlarged.
"""


@dataclass(frozen=True, eq=False)
class WorkingPicture:
    """A picture at its working size.

    Attributes:
        picture: uint8 RGB [h,w,3], at least one pixel, no side over `WORKING_SIDE`.
    """

    picture: np.ndarray

    @classmethod
    def of(cls, picture: np.ndarray) -> "WorkingPicture":
        """Shrink a picture, uint8 RGB [H,W,3] of any size."""
        return cls(fit(picture, WORKING_SIDE))

    @cached_property
    def lab(self) -> np.ndarray:
        """CIELAB under D65, float32 [h,w,3]: L* 0..100, a* and b* about -100..100."""
        return to_lab(self.picture)

    @property
    def lightness(self) -> np.ndarray:
        """CIELAB's L*, 0 (black) to 100 (white), float32 [h,w]."""
        return np.ascontiguousarray(self.lab[..., 0])


def to_lab(picture: np.ndarray) -> np.ndarray:
    """sRGB, uint8 [H,W,3] -> CIELAB under D65, float32 [H,W,3]."""
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
