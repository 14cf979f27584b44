"""Does a network read the painting, or the shape of its file?

Some collections cut or squash every painting to a square, and movements are not spread evenly over
collections. A network that was taught with letterboxed files learns that bars mean Expressionism.
So the same part of each painting, 4:3, is shown twice: letterboxed, and stretched to a square. What
is painted is the same, and a network that looks at nothing else says the same of both.
"""

from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from training.common.preprocessing import SIZE, Box, letterbox, resize
from training.data import Record, load_picture
from training.networks import MovementNetwork

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
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    said = []
    for views in tqdm(DataLoader(TwoShapes(records), 16, num_workers=workers), "two shapes"):
        image = network.normalise(views.flatten(0, 1).to(device))
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            logits = network(image.contiguous(memory_format=torch.channels_last)).logits
        said.append(logits.argmax(1).view(-1, 2).cpu().numpy())
    letterboxed, stretched = np.concatenate(said).T
    labels = [record.label for record in records]
    return {
        "agreement": float(np.mean(letterboxed == stretched)),
        "letterboxed": float(accuracy_score(labels, letterboxed)),
        "stretched": float(accuracy_score(labels, stretched)),
        "pictures": len(records),
    }
