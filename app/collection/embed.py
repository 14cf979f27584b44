"""What is kept of each picture of a collection: an embedding, a verdict, a hash."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from app import MODELS
from app.collection.scan import Source
from app.serving.classifier import Classifier, Verdict, judge
from app.serving.reference_map import Projection
from app.serving.runtime import Provider, load_network
from training.common.blank import Blank, blank
from training.common.duplicates import difference_hash
from training.common.preprocessing import fit, letterbox, six_views

BATCH = 16
"""Views that the network is given together."""

ViewCount = Literal[1, 6]
"""What the network is given of a picture: the whole, or the six views of the Read tab."""

BLANK_KIND = "nothing to read"
"""The kind of a blank picture, see `training.common.blank`."""

THUMBNAIL = 96
"""Longest side of a thumbnail in pixels."""


@dataclass(frozen=True, eq=False)
class PreparedPicture:
    """What is kept of a picture once it is decoded: 110 KB for each view, however large it was.

    Attributes:
        views: uint8 RGB [V,S,S,3], what the network is given: the whole, or all six views.
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
        kind: what it is at all, one of the network's kinds or `BLANK_KIND`.
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


def prepare(
    picture: np.ndarray, *, thumbnail: bool = False, view_count: ViewCount = 1
) -> PreparedPicture:
    """Keep of a picture, uint8 RGB [H,W,3] of any size, what is needed."""
    height, width = picture.shape[:2]
    small = _webp(fit(picture, THUMBNAIL)) if thumbnail else b""
    views = six_views(picture)[0] if view_count == 6 else letterbox(picture)[0][None]
    return PreparedPicture(views, width, height, difference_hash(picture), small, blank(picture))


class Embedder:
    """Embeds prepared pictures, many at once; safe to use from several threads.

    Args:
        classifier: by default the shipped one.
        projection: shortens its embeddings; by default that of the reference map.
        provider: what runs the shipped classifier.
        view_count: six give the very reading of the Read tab, and take six times as long; the
            vectors are the same, and movements about as often right.
        threads: of the shipped classifier, see `load_network`.
    """

    def __init__(
        self,
        classifier: Classifier | None = None,
        projection: Projection | None = None,
        provider: Provider = "auto",
        view_count: ViewCount = 1,
        threads: int | None = None,
    ) -> None:
        if classifier is None:
            path = MODELS / "movement_classifier.onnx"
            network = load_network(path, provider=provider, fixed_shapes=True, threads=threads)
            classifier = Classifier(network)
        self.classifier = classifier
        self.projection = projection or Projection.read(MODELS / "map")
        self.view_count: ViewCount = view_count

    @property
    def version(self) -> str:
        """Of what makes the vectors: those of two versions cannot be compared."""
        card = self.classifier.metadata
        return f"{card.name} {card.version} ({self.projection.checksum})"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a picture can be at all; only the first kind has a movement."""
        return self.classifier.metadata.kinds

    def embed(self, pictures: Sequence[tuple[Source, PreparedPicture]]) -> tuple[Entry, ...]:
        """Embed and judge pictures that were prepared with this embedder's `view_count`."""
        if not pictures:
            return ()
        views = np.concatenate([prepared.views for _, prepared in pictures])
        parts = [
            self.classifier.network.run(image=views[start : start + BATCH])
            for start in range(0, len(views), BATCH)
        ]
        shape = (len(pictures), self.view_count, -1)
        logits, kinds, embeddings = (
            np.concatenate([part[name] for part in parts]).reshape(shape)
            for name in ("logits", "kind", "embedding")
        )
        vectors = self.projection(embeddings[:, 0])
        metadata, entries = self.classifier.metadata, []
        outputs = zip(logits, kinds, vectors, strict=True)
        for (source, prepared), (logit, kind, vector) in zip(pictures, outputs, strict=True):
            verdict = judge(metadata, logit, kind, prepared.blank)
            entries.append(_entry(source, prepared, verdict, vector))
        return tuple(entries)

    def prepare(self, picture: np.ndarray, *, thumbnail: bool = False) -> PreparedPicture:
        """See `prepare`, with as many views as this embedder needs."""
        return prepare(picture, thumbnail=thumbnail, view_count=self.view_count)

    def embed_picture(self, picture: np.ndarray, name: str = "") -> Entry:
        """Embed one picture, uint8 RGB [H,W,3] of any size."""
        return self.embed([(Source(name, Path(name)), self.prepare(picture, thumbnail=True))])[0]


def _entry(
    source: Source, prepared: PreparedPicture, verdict: Verdict, vector: np.ndarray
) -> Entry:
    return Entry(
        source=source,
        width=prepared.width,
        height=prepared.height,
        fingerprint=prepared.fingerprint,
        kind=_kind(verdict),
        movement=verdict.movement,
        confidence=verdict.confidence,
        vector=vector,
        thumbnail=prepared.thumbnail,
        between=verdict.movements[verdict.named[1]] if verdict.close else "",
    )


def _kind(verdict: Verdict) -> str:
    """One of the network's kinds; the first also where no movement stands out."""
    if verdict.blank:
        return BLANK_KIND
    painting, photograph, other = verdict.kinds
    return {"photograph": photograph, "outside": other}.get(verdict.refusal or "", painting)


def _webp(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=75, method=2)
    return file.getvalue()
