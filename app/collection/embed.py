"""What the reader sees in each picture: an embedding, a verdict, a hash."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from PIL import Image

from app import MODELS
from app.collection.scan import Source
from app.errors import UserError
from app.serving.classifier import Classifier, Verdict, judge
from app.serving.runtime import Provider, load_network
from training.common.blank import Blank, blank
from training.common.duplicates import difference_hash
from training.common.preprocessing import fit, letterbox, six_views

BATCH = 16
"""Pictures that the network looks at together."""

Looks = Literal[1, 6]
"""How often the network looks at a picture: at the whole, or at the six views of the Read tab."""

NOTHING = "nothing to read"
"""The kind of a blank picture, see `training.common.blank`."""

THUMBNAIL = 96
"""Longest side of a thumbnail in pixels."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is kept of a picture once it is decoded: 110 KB for each look, however large it was.

    Attributes:
        views: uint8 RGB [V,S,S,3], what the network is shown: the whole, or all six views.
        width: of the picture, in pixels.
        height: of the picture.
        fingerprint: 64-bit difference hash.
        thumbnail: the content of a small WebP file, or empty.
        blank: why there is nearly nothing in it to read, or None.
    """

    views: np.ndarray
    width: int
    height: int
    fingerprint: int
    thumbnail: bytes = b""
    blank: Blank | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """A picture of a collection.

    Attributes:
        source: its file.
        width: in pixels.
        height: in pixels.
        fingerprint: 64-bit difference hash, see `difference_hash`.
        kind: what it is at all, one of the network's kinds or `NOTHING`.
        movement: the likeliest movement; it means nothing if `kind` is not the first kind.
        confidence: of the movement, calibrated, 0 to 1.
        vector: float32 [D], the projected embedding of the whole view.
        thumbnail: the content of a small WebP file, or empty.
        between: a second movement that is too nearly as likely to name one alone, or empty.
    """

    source: Source
    width: int
    height: int
    fingerprint: int
    kind: str
    movement: str
    confidence: float
    vector: np.ndarray
    thumbnail: bytes = b""
    between: str = ""


def prepare(picture: np.ndarray, *, thumbnail: bool = False, looks: Looks = 1) -> Prepared:
    """Take from a picture, uint8 RGB [H,W,3] of any size, what is needed of it."""
    height, width = picture.shape[:2]
    small = _webp(fit(picture, THUMBNAIL)) if thumbnail else b""
    views = six_views(picture)[0] if looks == 6 else letterbox(picture)[0][None]
    return Prepared(views, width, height, difference_hash(picture), small, blank(picture))


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of the reader's embeddings, without what says nothing of the picture.

    `export.assets.reference_map` makes them. Into every fiftieth embedding the network writes a few
    very large numbers, the same for all such pictures, which would make them the most alike of all.

    Attributes:
        mean: float32 [C].
        components: float32 [D,C].
    """

    mean: np.ndarray
    components: np.ndarray

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the one of a map of art; UserError if it is missing or damaged."""
        path = folder / "projection.npy"
        if not path.is_file():
            raise UserError(f"The file {path} is missing; fetch the whole repository.")
        try:
            mean, *components = np.load(path).astype(np.float32)
            return cls(mean, np.stack(components))
        except (OSError, EOFError, ValueError, TypeError) as error:
            raise UserError(f"The file {path} is damaged; fetch it again.") from error

    @property
    def checksum(self) -> str:
        """Two projections with the same one are the same."""
        return f"{zlib.crc32(self.components.tobytes(), zlib.crc32(self.mean.tobytes())):08x}"

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 [N,C] -> float32 [N,D]."""
        return (embeddings - self.mean) @ self.components.T


class Embedder:
    """Looks at prepared pictures, many at once; safe to use from several threads.

    Args:
        classifier: the reader; by default the shipped one.
        projection: what makes its embeddings short; by default that of the map of art.
        provider: what runs the shipped reader.
        looks: six give the very reading of the Read tab, and take six times as long; the vectors
            are the same, and movements about as often right.
        threads: of the shipped reader, see `load_network`.
    """

    def __init__(
        self,
        classifier: Classifier | None = None,
        projection: Projection | None = None,
        provider: Provider = "auto",
        looks: Looks = 1,
        threads: int | None = None,
    ) -> None:
        if classifier is None:
            path = MODELS / "movement_classifier.onnx"
            network = load_network(path, provider=provider, fixed_shapes=True, threads=threads)
            classifier = Classifier(network)
        self.classifier = classifier
        self.projection = projection or Projection.read(MODELS / "map")
        self.looks: Looks = looks

    @property
    def version(self) -> str:
        """Of what makes the vectors: those of two versions cannot be compared."""
        card = self.classifier.metadata
        return f"{card.name} {card.version} ({self.projection.checksum})"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a picture can be at all; only the first kind has a movement."""
        return self.classifier.metadata.kinds

    def look(self, pictures: Sequence[tuple[Source, Prepared]]) -> tuple[Entry, ...]:
        """Look at pictures that were prepared with this embedder's `looks`."""
        if not pictures:
            return ()
        views = np.concatenate([seen.views for _, seen in pictures])
        parts = [
            self.classifier.network.run(image=views[start : start + BATCH])
            for start in range(0, len(views), BATCH)
        ]
        said = {
            name: np.concatenate([part[name] for part in parts]).reshape(
                len(pictures), self.looks, -1
            )
            for name in ("logits", "kind", "embedding")
        }
        outputs = zip(said["logits"], said["kind"], strict=True)
        vectors = self.projection(said["embedding"][:, 0])
        return tuple(
            self._entry(
                *picture, judge(self.classifier.metadata, *output, picture[1].blank), vector
            )
            for picture, output, vector in zip(pictures, outputs, vectors, strict=True)
        )

    @staticmethod
    def _entry(source: Source, seen: Prepared, verdict: Verdict, vector: np.ndarray) -> Entry:
        return Entry(
            source=source,
            width=seen.width,
            height=seen.height,
            fingerprint=seen.fingerprint,
            kind=_kind(verdict),
            movement=verdict.movement,
            confidence=verdict.confidence,
            vector=vector,
            thumbnail=seen.thumbnail,
            between=verdict.movements[verdict.named[1]] if verdict.close else "",
        )

    def prepare(self, picture: np.ndarray, *, thumbnail: bool = False) -> Prepared:
        """See `prepare`, with as many looks as this embedder takes."""
        return prepare(picture, thumbnail=thumbnail, looks=self.looks)

    def look_at(self, picture: np.ndarray, name: str = "") -> Entry:
        """Look at one picture, uint8 RGB [H,W,3] of any size."""
        return self.look([(Source(name, Path(name)), self.prepare(picture, thumbnail=True))])[0]


def _kind(verdict: Verdict) -> str:
    """One of the network's kinds; the first also where no movement stands out."""
    if verdict.blank:
        return NOTHING
    own, photograph, other = verdict.kinds
    return {"photograph": photograph, "outside": other}.get(verdict.refusal or "", own)


def _webp(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=75, method=2)
    return file.getvalue()
