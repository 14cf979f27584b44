"""Reading a painting: six views in one batch, and everything the page says about them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.errors import UserError
from app.serving.model_card import REMEDY, ModelCard
from app.serving.runtime import Network
from app.serving.verdict import Verdict, judge
from training.common.blank import blank
from training.common.preprocessing import (
    CROP,
    PAD_COLOUR,
    SIZE,
    VIEW_WEIGHTS,
    Box,
    letterbox,
    letterbox_box,
    six_views,
)
from training.common.softmax import softmax


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading(Verdict):
    """What the network says of one picture.

    Attributes:
        view_probabilities: float32 [6,K], each view's own.
        views: uint8 RGB [6,size,size,3], what the network saw; the first is the letterboxed whole.
        boxes: where in the picture each view lies.
        whole: where in the first view the picture lies.
        cam: float32 [6,K,h,w], exact class activation maps in logits, without the class's bias.
        view_embeddings: float32 [6,C], of each view.
        provider: "CUDA" or "CPU".
        milliseconds: from picture to reading.
    """

    view_probabilities: np.ndarray
    views: np.ndarray
    boxes: tuple[Box, ...]
    whole: Box
    cam: np.ndarray
    view_embeddings: np.ndarray
    provider: str
    milliseconds: float

    @property
    def embedding(self) -> np.ndarray:
        """float32 [C], of the whole picture: what `Classifier.embed` gives."""
        return self.view_embeddings[0]

    def heat_map(
        self, movement: int, width: int, height: int, minus: int | None = None
    ) -> np.ndarray:
        """Where the whole picture speaks for a movement, laid out to cover the picture exactly.

        Args:
            movement: index of the movement.
            width: of the map, in pixels: the picture's own, or any other at its proportions.
            height: of the map.
            minus: index of a movement whose map is subtracted: why this and not that.

        Returns:
            float32 [height,width], signed, in logits: what each place adds or takes.
        """
        cells = self.cam[0, movement]
        if minus is not None:
            cells = cells - self.cam[0, minus]
        return spread(cells, self.whole, self.views.shape[1], width, height)


class Classifier:
    """Reads pictures with a loaded network; safe to use from several threads.

    Args:
        network: a movement classifier, from `load_network`.

    Attributes:
        network: the same.
        metadata: what its file says of it.

    Raises:
        UserError: the file's metadata is incomplete, or was made for other preprocessing.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.metadata = ModelCard.parse(network.metadata)
        ours = {
            "size": SIZE,
            "crop": CROP,
            "pad_colour": list(PAD_COLOUR),
            "views": list(VIEW_WEIGHTS),
        }
        if not ours.items() <= self.metadata.preprocessing.items():
            raise UserError(f"The network was taught with pictures cut in another way: {REMEDY}")
        network.warm_up(image=np.zeros((6, SIZE, SIZE, 3), np.uint8))

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """What the network sees in whole pictures, for comparing them with each other.

        Args:
            pictures: uint8 RGB [H,W,3] each, of any size.

        Returns:
            float32 [N,C].
        """
        squares = np.stack([letterbox(picture)[0] for picture in pictures])
        return self.network.run(image=squares)["embedding"]

    def read(self, picture: np.ndarray) -> Reading:
        """Read a picture, uint8 RGB [H,W,3] of any size."""
        start = time.perf_counter()
        views, boxes = six_views(picture)
        height, width = picture.shape[:2]
        said = self.network.run(image=views)
        verdict = judge(self.metadata, said["logits"], said["kind"], blank(picture))
        return Reading(
            **vars(verdict),
            view_probabilities=softmax(said["logits"]),
            views=views,
            boxes=tuple(boxes),
            whole=letterbox_box(width, height),
            cam=said["cam"],
            view_embeddings=said["embedding"],
            provider=self.network.provider,
            milliseconds=1e3 * (time.perf_counter() - start),
        )


def spread(cells: np.ndarray, box: Box, size: int, width: int, height: int) -> np.ndarray:
    """Lay a map of a letterboxed square out to cover the picture in it exactly.

    Args:
        cells: float32 [h,w], covers the whole square.
        box: where in the square the picture lies.
        size: side of the square in pixels.
        width: of the map that is wanted, in pixels: the picture's own, or any at its proportions.
        height: of the map that is wanted.

    Returns:
        float32 [height,width].
    """
    # Pillow samples between pixel centres and takes a fractional box, so cutting the padding off
    # costs no alignment. A cell of the map is `step` pixels of the square wide.
    step = size / cells.shape[0]
    edges = (box.left, box.top, box.left + box.width, box.top + box.height)
    cut = tuple(edge / step for edge in edges)
    smooth = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC, cut)
    return np.asarray(smooth)


def cells_within(start: int, length: int, step: float, count: int) -> slice:
    """The cells of a map, along one axis, whose middles lie in a stretch of pixels; at least one.

    Args:
        start: where in the square the stretch begins, in pixels.
        length: of the stretch.
        step: pixels to a cell.
        count: cells from edge to edge.
    """
    first = min(round(start / step), count - 1)
    return slice(first, max(first + 1, round((start + length) / step)))
