"""Predictions of a network for many pictures: of six views each, as in the app, or of one."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from training.classifier.views import Augmentation, Item, SixViews, Views
from training.common.preprocessing import SIZE
from training.data import Record
from training.networks import MovementNetwork
from training.networks.device import best_device


@dataclass(frozen=True)
class Predictions:
    """Outputs for P pictures; the whole picture is view 0.

    Attributes:
        records: the pictures.
        logits: float32 [P,6,K], not divided by the temperature.
        kind: float32 [P,6,3], logits over KINDS.
        square: bool [P], true where the file is exactly square. Some collections squash or crop
            to a square, so the others are those that keep the painting's own proportions.
        lengths: float32 [P], of the whole picture's embedding.
        peaks: float32 [P,2], row and column of the highest cell of the whole picture's class
            activation map, of the movement that this view is likeliest of; 0..1 across the map.
    """

    records: list[Record]
    logits: np.ndarray
    kind: np.ndarray
    square: np.ndarray
    lengths: np.ndarray
    peaks: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Indices into MOVEMENTS, int [P], -1 where a picture has no movement."""
        return np.array([record.label for record in self.records], int)

    def where(self, chosen: Sequence[bool] | np.ndarray) -> "Predictions":
        """The pictures for which `chosen` [P] is true."""
        mask = np.asarray(chosen, bool)
        records = [record for record, keep in zip(self.records, mask, strict=True) if keep]
        arrays = self.logits, self.kind, self.square, self.lengths, self.peaks
        return Predictions(records, *(array[mask] for array in arrays))

    def split(self, name: str) -> "Predictions":
        """The pictures of one split."""
        return self.where([record.split == name for record in self.records])

    def of_movements(self) -> "Predictions":
        """The pictures that have a movement."""
        return self.where(self.labels >= 0)


def is_square(path: str) -> bool:
    """Whether a picture file is exactly as wide as it is high."""
    with Image.open(path) as image:
        return image.width == image.height


@torch.inference_mode()
def predict(
    network: MovementNetwork,
    records: list[Record],
    *,
    bfloat16: bool = False,
    workers: int = 1,
    progress: bool = True,
) -> Predictions:
    """Run a network on six views of every record.

    Args:
        network: the network; it is moved to the GPU if there is one.
        records: the pictures.
        bfloat16: compute in bfloat16 where that is faster.
        workers: processes that load pictures.
        progress: show a progress bar.
    """
    device = best_device()
    network = network.to(device).eval()
    loader = DataLoader(SixViews(records, SIZE), batch_size=8, num_workers=workers)
    logits, kinds, lengths, highest = [], [], [], []
    weights, _ = network.class_activation_weights()
    for views, _, _ in tqdm(loader, "reading", disable=not progress):
        image = network.normalise(views.flatten(0, 1).to(device))
        context = torch.autocast(device.type, torch.bfloat16) if bfloat16 else nullcontext()
        with context:
            outputs = network(image.contiguous(memory_format=torch.channels_last))
        shape = (*views.shape[:2], -1)
        logits.append(outputs.logits.float().view(shape).cpu().numpy())
        kinds.append(outputs.kind.float().view(shape).cpu().numpy())
        whole = slice(None, None, views.shape[1])  # The first of each picture's six.
        lengths.append(outputs.embedding[whole].float().norm(dim=1).cpu().numpy())
        likeliest = weights[outputs.logits[whole].argmax(1)]
        maps = torch.einsum("nc,nchw->nhw", likeliest, outputs.features[whole].float())
        highest.append(peaks(maps).cpu().numpy())
    square = np.array([is_square(record.path) for record in records])
    logit, kind, length, peak = map(np.concatenate, (logits, kinds, lengths, highest))
    return Predictions(records, logit, kind, square, length, peak)


def peaks(maps: Tensor) -> Tensor:
    """Row and column of the highest cell of each map, [N,h,w] -> float32 [N,2], 0..1 across it."""
    height, width = maps.shape[1:]
    index = maps.flatten(1).argmax(1)
    cells = torch.stack([index // width, index % width], dim=1) + 0.5
    return cells / torch.tensor([height, width], device=maps.device)


@torch.inference_mode()
def read_whole(
    network: nn.Module,
    read: Callable[[Tensor], Tensor],
    records: list[Record],
    size: int,
    *,
    workers: int = 1,
    doing: str = "reading",
    six: bool = False,
    augmentation: Augmentation | None = None,
) -> np.ndarray:
    """One vector of every picture, seen whole and computed in bfloat16 where that is faster.

    Args:
        network: what `read` calls; it is moved to the GPU if there is one.
        read: letterboxed pictures, uint8 [N,size,size,3], to vectors, float32 [N,C].
        records: the pictures.
        size: side of what the network sees, in pixels.
        workers: processes that load pictures.
        doing: name of the progress bar.
        six: one vector of each of the six views instead.
        augmentation: show one random view of each picture instead of the whole.

    Returns:
        float32 [P,C], or [P,6,C], in the order of the records.
    """
    device = best_device()
    network.to(device).eval()
    whole = Views(records, size, augmentation)
    views: Dataset[Item] = SixViews(records, size) if six else whole
    rows = []
    for image, _, _ in tqdm(DataLoader(views, 8 if six else 32, num_workers=workers), doing):
        with torch.autocast(device.type, torch.bfloat16):
            vectors = read(image.flatten(0, -4).to(device))
        rows.append(vectors.view(*image.shape[:-3], -1).cpu().numpy())
    return np.concatenate(rows)
