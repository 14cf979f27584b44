"""How much of a heat map is at the border of the picture where next to nothing is painted.

A cell of the deepest map is a sixth of the picture, and its receptive field is larger than the
picture (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019). So a map can be bright in an empty sky, where there is nothing to point at.
"""

import cv2
import numpy as np

from app.serving.classifier import cells_within
from training.common.preprocessing import Box

# Standard deviations in pixels of the square that the network saw. The smaller blur removes strokes
# and grain, the larger one keeps only slow gradients, such as a sky.
_STROKES, _GRADIENTS = 3.0, 12.0
_EMPTY = 0.6  # Contrast between both, as a share of the whole picture's: an empty cell's at most.


def border_glow(cells: np.ndarray, square: np.ndarray, box: Box) -> float:
    """The share of a map's positive evidence that lies at the picture's border where it is empty.

    Args:
        cells: float32 [h,w], signed evidence of the whole square.
        square: uint8 RGB [S,S,3], the letterboxed picture that the network saw.
        box: where in the square the picture lies.

    Returns:
        0..1; 0 where nothing is positive, or where the whole picture is as empty as its border.
    """
    step = len(square) / len(cells)
    rows = cells_within(box.top, box.height, step, cells.shape[0])
    columns = cells_within(box.left, box.width, step, cells.shape[1])
    evidence = np.maximum(cells[rows, columns], 0)
    total = float(evidence.sum())
    if total == 0:
        return 0.0
    at_border = np.ones(evidence.shape, bool)
    at_border[1:-1, 1:-1] = False
    contrast = _contrast(square[box.slices], evidence.shape)
    whole = float(np.sqrt(np.square(contrast).mean()))
    empty = at_border & (contrast < _EMPTY * whole)
    return float(evidence[empty].sum()) / total


def _contrast(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The contrast of shapes, not of strokes, in each of the cells of a picture.

    Args:
        picture: uint8 RGB [H,W,3].
        shape: rows and columns of cells that it is divided into.

    Returns:
        float32 [rows,columns], root mean square in grey levels.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(grey, (0, 0), blur, borderType=cv2.BORDER_REFLECT)
        for blur in (_STROKES, _GRADIENTS)
    )
    shapes = np.square(fine - coarse)
    return np.sqrt(cv2.resize(shapes, shape[::-1], interpolation=cv2.INTER_AREA))
