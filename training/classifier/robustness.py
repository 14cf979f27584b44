"""Measures beside accuracy: refusals, artefacts of class activation maps, the file's shape.

Some collections cut or squash every painting to a square, and movements are not spread evenly over
collections. A classifier trained on letterboxed files learns to take bars for Expressionism.
So `measure_proportions` shows the same part of each painting, 4:3, twice: letterboxed, and
stretched to a square. A classifier that depends on the painting alone gives the same verdict for
both.
"""

from itertools import product
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.metrics import accuracy_score
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from training.classifier.prediction import Predictions
from training.common.preprocessing import SIZE, Box, average_views, letterbox, resize
from training.common.refusal import Refusal, Thresholds, refuse
from training.data import OTHER, PHOTOGRAPH, Record, load_picture
from training.networks import MovementNetwork
from training.networks.device import best_device

OUTLIER = 2.5
"""An embedding of so many times the median length is an artefact, see `measure_maps`."""

_CORNER = 1 / 3  # Of a map's width and height.


def refusals(
    predictions: Predictions, temperature: float, thresholds: Thresholds
) -> list[Refusal | None]:
    """Why the app would refuse each picture that is not blank, or None."""
    probabilities = softmax(average_views(predictions.logits) / temperature, axis=1)
    kinds = softmax(average_views(predictions.kind), axis=1)
    return [refuse(*row, thresholds) for row in zip(probabilities, kinds, strict=True)]


def measure_outside(predictions: Predictions, found: list[Refusal | None]) -> dict[str, Any]:
    """How many pictures of no movement are refused, and as what, and how many paintings.

    Args:
        predictions: pictures of all kinds.
        found: why each is refused, see `refusals`.
    """
    refused, called = np.array([bool(why) for why in found]), np.array(found) == "photograph"
    movement = np.array([record.movement for record in predictions.records])
    photographs, others = movement == PHOTOGRAPH, movement == OTHER
    own = ~photographs & ~others
    return {
        "false_alarms": _share(refused[own]),
        "unsure": _share(np.array(found)[own] == "unsure"),
        "photographs_caught": _share(refused[photographs]),
        "photographs_called_photographs": _share(called[photographs]),
        "other_movements_caught": _share(refused[others]),
        "paintings_called_photographs": _share(called[~photographs]),
        "photographs": int(photographs.sum()),
        "other_movements": int(others.sum()),
    }


def _share(chosen: np.ndarray) -> float | None:
    return float(chosen.mean()) if len(chosen) else None


def measure_maps(predictions: Predictions) -> dict[str, Any]:
    """How often the network writes a few very large numbers into its last map, and where.

    They say nothing of the picture, but draw a class activation map's peak to one place, as was
    described for transformers (Darcet et al. 2024). An embedding averages the last map, so it is
    then far longer than others.

    Returns:
        "outliers", the share of pictures with such an embedding, and by corner the share of "peaks"
        of all pictures and of "outlier_peaks" of those; None where there are no such pictures.
    """
    outliers = predictions.lengths > OUTLIER * np.median(predictions.lengths)
    rows, columns = predictions.peaks.T
    places = {
        "top": rows < _CORNER,
        "bottom": rows > 1 - _CORNER,
        "left": columns < _CORNER,
        "right": columns > 1 - _CORNER,
    }
    corners = {
        f"{upper} {side}": places[upper] & places[side]
        for upper, side in product(("top", "bottom"), ("left", "right"))
    }
    return {
        "outliers": _share(outliers),
        "peaks": {name: _share(inside) for name, inside in corners.items()},
        "outlier_peaks": {name: _share(inside[outliers]) for name, inside in corners.items()},
    }


PROPORTIONS = 4 / 3
"""Width to height of the part that is shown."""


class TwoShapes(Dataset[Tensor]):
    """The middle of each picture, letterboxed and stretched: uint8 [2,size,size,3].

    Args:
        records: the pictures.
        size: side of the squares in pixels.
    """

    def __init__(self, records: list[Record], size: int = SIZE) -> None:
        self.records = records
        self.size = size

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Tensor:
        picture = load_picture(self.records[index].path)
        part = picture[middle(*picture.shape[:2]).slices]
        shown = letterbox(part, self.size)[0], resize(part, self.size, self.size)
        return torch.from_numpy(np.stack(shown))


def middle(height: int, width: int) -> Box:
    """The largest box of `PROPORTIONS` in the middle of a picture of this height and width."""
    box_width = max(1, min(width, round(height * PROPORTIONS)))
    box_height = max(1, min(height, round(width / PROPORTIONS)))
    return Box((width - box_width) // 2, (height - box_height) // 2, box_width, box_height)


@torch.inference_mode()
def measure_proportions(
    network: MovementNetwork,
    records: list[Record],
    *,
    bfloat16: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """How far verdicts depend on the shape in which a painting comes.

    Args:
        network: the network; it is moved to the GPU if there is one.
        records: paintings of the movements.
        bfloat16: compute in bfloat16 where that is faster.
        workers: processes that load pictures.

    Returns:
        `agreement`, the share of equal verdicts; `letterboxed` and `stretched`, the accuracy of
        each; `pictures`.
    """
    device = best_device()
    network = network.to(device).eval()
    predicted = []
    for views in tqdm(DataLoader(TwoShapes(records), 16, num_workers=workers), "two shapes"):
        image = network.normalise(views.flatten(0, 1).to(device))
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            logits = network(image.contiguous(memory_format=torch.channels_last)).logits
        predicted.append(logits.argmax(1).view(-1, 2).cpu().numpy())
    letterboxed, stretched = np.concatenate(predicted).T
    labels = [record.label for record in records]
    return {
        "agreement": float(np.mean(letterboxed == stretched)),
        "letterboxed": float(accuracy_score(labels, letterboxed)),
        "stretched": float(accuracy_score(labels, stretched)),
        "pictures": len(records),
    }
