"""How much of a heat map glows at the border of the picture where next to nothing is painted.

A cell of the deepest map is a sixth of the picture, and its receptive field is larger than the
picture (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
Distill 2019). So a map can glow in an empty sky, where there is nothing to point at.
"""

import cv2
import numpy as np

from app.serving.classifier import cells_within
from training.preprocessing import Box

_BLUR = 2.0  # Standard deviation in pixels of the square that the network saw.
_EMPTY = 2.0  # Grey levels that a blur takes from an empty cell at most (root mean square),
_EMPTIER = 0.5  # and at most this share of what it takes from the whole picture.


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
    detail = _detail(square[box.slices], evidence.shape)
    whole = float(np.sqrt(np.square(detail).mean()))
    glowing = at_border & (detail <= min(_EMPTY, _EMPTIER * whole))
    return float(evidence[glowing].sum()) / total


def _detail(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Root mean square of what a Gaussian blur takes from each of the cells of a picture.

    Args:
        picture: uint8 RGB [H,W,3].
        shape: rows and columns of cells that it is divided into.

    Returns:
        float32 [rows,columns], in grey levels.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    taken = grey - cv2.GaussianBlur(grey, (0, 0), _BLUR, borderType=cv2.BORDER_REFLECT)
    mean = cv2.resize(np.square(taken), shape[::-1], interpolation=cv2.INTER_AREA)
    return np.sqrt(mean)
