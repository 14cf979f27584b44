"""Fit the last layer of a trained network once more, exactly.

    python -m training.refit_head runs/mine/model.safetensors runs/manifest.csv

Training ends with a last layer that dropout, label smoothing and a short schedule have left timid:
rare movements are hardly ever said. With the trunk frozen, the best linear layer is a convex
problem (classifier re-training, Kang et al. 2020): logistic regression on the embeddings of whole
training pictures, with the regularisation that the validation split likes best. Run it before
`training.evaluate`.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from torch import Tensor

from training.data import Record, read_manifest
from training.networks import MovementNetwork, load, save
from training.prediction import read_whole
from training.preprocessing import SIZE

STRENGTHS = (0.003, 0.01, 0.03, 0.1)
"""Inverse regularisations to choose from."""


def embeddings(network: MovementNetwork, records: list[Record], workers: int) -> np.ndarray:
    """What the last layer sees of whole pictures, float32 [P,C]."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def read(image: Tensor) -> Tensor:
        seen = network.normalise(image).contiguous(memory_format=torch.channels_last)
        embedding: Tensor = network.norm(network(seen).embedding)
        return embedding

    return read_whole(network, read, records, SIZE, workers=workers)


def refit(
    network: MovementNetwork,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> float:
    """Replace the weights of the movement layer, in place.

    Args:
        network: the network.
        train: `embeddings` float [P,C] and labels int [P]; every class occurs.
        validation: likewise.

    Returns:
        The inverse regularisation that was chosen.
    """
    best: tuple[float, float, LogisticRegression] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=2000).fit(*train)
        loss = log_loss(validation[1], model.predict_proba(validation[0]), labels=model.classes_)
        if best is None or loss < best[0]:
            best = loss, strength, model
    assert best is not None
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(best[2].coef_))
        network.classifier.bias.copy_(torch.from_numpy(best[2].intercept_))
    return best[1]


def main() -> None:
    """Read the command line, refit, write the network back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, help="model.safetensors of a run; it is changed")
    parser.add_argument("manifest", type=Path, help="CSV written by training.data")
    parser.add_argument("--workers", type=int, default=2, help="processes that load pictures")
    args = parser.parse_args()
    network, card = load(args.network)
    parts = []
    for split in ("train", "validation"):
        records = [r for r in read_manifest(args.manifest) if r.split == split and r.label >= 0]
        labels = np.array([record.label for record in records])
        parts.append((embeddings(network, records, args.workers), labels))
    strength = refit(network, *parts)
    card["training"]["head"] = {"fit": "logistic regression", "C": strength}
    save(args.network, network.cpu(), card.pop("network"), card)
    print(f"refitted with C = {strength:g}")


if __name__ == "__main__":
    main()
