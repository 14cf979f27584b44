"""Reading a picture: six views in one batch, and the verdict: one movement, two, or none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from PIL import Image

from app.errors import UserError
from app.serving.model_card import REMEDY, ModelCard
from app.serving.runtime import Network
from training.common.blank import Blank, blank
from training.common.preprocessing import (
    CROP,
    PAD_COLOUR,
    SIZE,
    VIEW_WEIGHTS,
    Box,
    average_views,
    letterbox,
    letterbox_box,
    six_views,
)
from training.common.refusal import Refusal, refuse
from training.common.softmax import softmax

CLOSE = 1.5
"""Two movements are named together where the first is less than this many times as likely."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Verdict:
    """What follows from the network's averaged outputs.

    Attributes:
        movements: names of the K movements.
        probabilities: float32 [K], calibrated: softmax of the views' weighted mean logits.
        kinds: the kinds of pictures; the first is a painting of one of the movements.
        kind_probabilities: float32 [3], over `kinds`.
        refusal: why no verdict is given, or None.
    """

    movements: tuple[str, ...]
    probabilities: np.ndarray
    kinds: tuple[str, ...]
    kind_probabilities: np.ndarray
    refusal: Refusal | None

    @property
    def ranking(self) -> list[int]:
        """Indices of the movements, likeliest first."""
        return self.probabilities.argsort()[::-1].tolist()

    @property
    def best(self) -> int:
        """Index of the likeliest movement."""
        return int(self.probabilities.argmax())

    @property
    def movement(self) -> str:
        """Name of the likeliest movement, even where there is a `refusal`."""
        return self.movements[self.best]

    @property
    def confidence(self) -> float:
        """Calibrated probability of the likeliest movement."""
        return float(self.probabilities[self.best])

    @property
    def blank(self) -> bool:
        """Whether the picture is nearly empty."""
        return self.refusal in get_args(Blank)

    @property
    def close(self) -> bool:
        """Whether a second movement is nearly as likely as the first, see `CLOSE`."""
        first, second = self.probabilities[self.ranking[:2]]
        return not self.refusal and bool(first < CLOSE * second)

    @property
    def named(self) -> list[int]:
        """Indices of the movements that the verdict names, likeliest first.

        One, two where they are `close`, or none where there is a `refusal`.
        """
        return [] if self.refusal else self.ranking[: 2 if self.close else 1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading(Verdict):
    """The classifier's result for one picture.

    Attributes:
        view_probabilities: float32 [6,K], each view's own.
        views: uint8 RGB [6,size,size,3], the network's input; the first is the letterboxed picture.
        boxes: place of each view in the picture.
        whole: place of the picture in the first view.
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
        """The class activation map of the whole picture for a movement, resized to the picture.

        Args:
            movement: index of the movement.
            width: of the map in pixels: the picture's own, or any of its proportions.
            height: of the map.
            minus: index of a movement whose map is subtracted: why this and not that.

        Returns:
            float32 [height,width], signed, in logits: what each place adds or subtracts.
        """
        cells = self.cam[0, movement]
        if minus is not None:
            cells = cells - self.cam[0, minus]
        return resize_map(cells, self.whole, self.views.shape[1], width, height)


class Classifier:
    """Reads pictures with a loaded network; safe to use from several threads.

    Args:
        network: a movement classifier, from `load_network`.

    Attributes:
        network: the same.
        metadata: read from its file.

    Raises:
        UserError: the file's metadata is incomplete, or the network was trained with other
            preprocessing.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.metadata = ModelCard.parse(network.metadata)
        expected = {
            "size": SIZE,
            "crop": CROP,
            "pad_colour": list(PAD_COLOUR),
            "views": list(VIEW_WEIGHTS),
        }
        if not expected.items() <= self.metadata.preprocessing.items():
            raise UserError(f"The network was taught with pictures cut in another way: {REMEDY}")
        network.warm_up(image=np.zeros((6, SIZE, SIZE, 3), np.uint8))

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings of whole pictures, for comparing them with each other.

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
        outputs = self.network.run(image=views)
        verdict = judge(self.metadata, outputs["logits"], outputs["kind"], blank(picture))
        return Reading(
            **vars(verdict),
            view_probabilities=softmax(outputs["logits"]),
            views=views,
            boxes=tuple(boxes),
            whole=letterbox_box(width, height),
            cam=outputs["cam"],
            view_embeddings=outputs["embedding"],
            provider=self.network.provider,
            milliseconds=1e3 * (time.perf_counter() - start),
        )


def judge(card: ModelCard, logits: np.ndarray, kind: np.ndarray, blank: Blank | None) -> Verdict:
    """The verdict on a picture from the network's outputs for its views.

    Args:
        card: of the network.
        logits: float32 [6,K] of six views, or [1,K] of the whole picture; calibrated.
        kind: float32 [6,3] or [1,3], logits over the card's kinds.
        blank: why the picture is nearly empty, or None.
    """
    average = average_views if len(logits) > 1 else np.squeeze
    probabilities, kinds = softmax(average(logits)), softmax(average(kind))
    return Verdict(
        movements=card.movements,
        probabilities=probabilities,
        kinds=card.kinds,
        kind_probabilities=kinds,
        refusal=blank or refuse(probabilities, kinds, card.thresholds),
    )


def resize_map(cells: np.ndarray, box: Box, size: int, width: int, height: int) -> np.ndarray:
    """Resize a map of a letterboxed square to the picture in it, without the padding.

    Args:
        cells: float32 [h,w], of the whole square.
        box: the picture's place in the square.
        size: side of the square in pixels.
        width: of the result in pixels: the picture's own, or any of its proportions.
        height: of the result.

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
    """The cells of a map, along one axis, whose centres are in a range of pixels; at least one.

    Args:
        start: of the range, in pixels of the square.
        length: of the range in pixels.
        step: pixels per cell.
        count: number of cells.
    """
    first = min(round(start / step), count - 1)
    return slice(first, max(first + 1, round((start + length) / step)))
