"""What the shipped reader sees in paintings, shortened, and freed of what is no part of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tqdm import tqdm

from training.common.embedding_map import pca
from training.common.files import save_atomically
from training.common.preprocessing import letterbox
from training.data import Record, load_picture

OUTLIER = 2.5
"""An embedding that is so many times as long as the median is an accident: `without_artefacts`."""

ARTEFACTS = 2
"""Directions that are taken out of the embeddings."""

_BATCH = 16


@dataclass(frozen=True, eq=False)
class Projection:
    """What makes an embedding short.

    Attributes:
        mean: float32 [C].
        components: float32 [D,C], orthonormal.
    """

    mean: np.ndarray
    components: np.ndarray

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 [N,C] -> float32 [N,D]."""
        return (embeddings - self.mean) @ self.components.T

    def rounded(self) -> "Projection":
        """The same in the precision that is shipped."""
        half = (each.astype(np.float16).astype(np.float32) for each in (self.mean, self.components))
        return Projection(*half)


def embed(reader: ort.InferenceSession, records: Sequence[Record], cache: Path) -> np.ndarray:
    """What the reader sees in whole pictures; reading thousands takes minutes, so it is kept.

    Args:
        reader: a movement classifier.
        records: the pictures.
        cache: a `.npz` file, used again as long as pictures and reader are the same.

    Returns:
        float32 [N,C].
    """
    key = json.dumps([version(reader), *(record.path for record in records)])
    if cache.exists():
        with np.load(cache) as kept:
            if str(kept["key"]) == key:
                return np.asarray(kept["embeddings"])
    found = []
    for start in tqdm(range(0, len(records), _BATCH), cache.stem, mininterval=10):
        batch = records[start : start + _BATCH]
        squares = np.stack([letterbox(load_picture(record.path))[0] for record in batch])
        found.append(reader.run(["embedding"], {"image": squares})[0])
    embeddings = np.concatenate(found)

    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, key=np.array(key), embeddings=embeddings)

    save_atomically(cache, write)
    return embeddings


def version(reader: ort.InferenceSession) -> str:
    """Of the weights: embeddings of another version mean something else."""
    return str(reader.get_modelmeta().custom_metadata_map["version"])


def without_artefacts(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings less what says nothing of the picture, centred.

    In about 2 % of pictures, of all movements, the network writes numbers into one corner of its
    last map that are up to thirty times as large as all others. They hardly touch the verdict, but
    they would gather these pictures on an island of their own. 99 % of what they add lies in one
    direction, which is taken out of all embeddings, with the next. (Darcet and others, 2024,
    describe such artefacts in transformers.)

    Args:
        embeddings: float32 [N,C].

    Returns:
        The clean ones, float32 [N,C], and their centre, float32 [C].
    """
    middle = np.median(embeddings, axis=0)
    away = embeddings - middle
    lengths = np.linalg.norm(embeddings, axis=1)
    outliers = away[lengths > OUTLIER * np.median(lengths)]
    if len(outliers):
        directions = np.linalg.svd(outliers, full_matrices=False)[2][:ARTEFACTS]
        away -= (away @ directions.T) @ directions
    mean = away.mean(0)
    return away - mean, middle + mean


def project(embeddings: np.ndarray, dimensions: int) -> tuple[Projection, float]:
    """Principal components of embeddings without artefacts, and their share of the variance."""
    clean, centre = without_artefacts(embeddings)
    scores, components, _ = pca(clean, dimensions)
    # They are orthogonal to the artefacts, so what lies along those is lost in the projection.
    return Projection(centre, components), float((scores**2).sum() / (clean**2).sum())
