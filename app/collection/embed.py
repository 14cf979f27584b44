"""What the reader sees in each picture: an embedding, a verdict on the whole view, a hash."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from app import MODELS
from app.collection.scan import Source
from app.errors import UserError
from app.imaging import read_picture
from app.serving.classifier import Classifier, softmax
from app.serving.runtime import Provider, load_network
from training.preprocessing import fit, letterbox

BATCH = 16
"""Pictures that the network looks at together."""

THUMBNAIL = 96
"""Longest side of a thumbnail in pixels."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is kept of a picture once it is decoded: 110 KB, however large it was.

    Attributes:
        square: uint8 RGB [S,S,3], what the network is shown.
        width: of the picture, in pixels.
        height: of the picture.
        fingerprint: 64-bit difference hash.
        thumbnail: the content of a small WebP file, or empty.
    """

    square: np.ndarray
    width: int
    height: int
    fingerprint: int
    thumbnail: bytes = b""


@dataclass(frozen=True, eq=False)
class Entry:
    """A picture of a collection.

    Attributes:
        source: its file.
        width: in pixels.
        height: in pixels.
        fingerprint: 64-bit difference hash, see `training.data.difference_hash`.
        kind: what it is at all, one of the network's kinds.
        movement: the likeliest movement; it means nothing if `kind` is not the first kind.
        confidence: of the movement, calibrated, 0 to 1, from the whole view alone.
        vector: float32 [D], the projected embedding of the whole view.
        thumbnail: the content of a small WebP file, or empty.
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


def prepare(picture: np.ndarray, *, thumbnail: bool = False) -> Prepared:
    """Take from a picture, uint8 RGB [H,W,3] of any size, what is needed of it."""
    from training.data import difference_hash  # slow to import: it splits data sets, too

    height, width = picture.shape[:2]
    small = _webp(fit(picture, THUMBNAIL)) if thumbnail else b""
    square, _ = letterbox(picture)
    return Prepared(square, width, height, difference_hash(picture), small)


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of the reader's embeddings, without what says nothing of the picture.

    `export.artmap` makes them. Into every fiftieth embedding the network writes a few very large
    numbers, the same for all such pictures, which would make them the most alike of all.

    Attributes:
        mean: float32 [C].
        components: float32 [D,C].
    """

    mean: np.ndarray
    components: np.ndarray

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the one of a map of art; UserError if it is missing."""
        path = folder / "projection.npy"
        if not path.is_file():
            raise UserError(f"The file {path} is missing; fetch the whole repository.")
        mean, *components = np.load(path).astype(np.float32)
        return cls(mean, np.stack(components))

    @property
    def checksum(self) -> str:
        """Two projections with the same one are the same."""
        return f"{zlib.crc32(self.components.tobytes(), zlib.crc32(self.mean.tobytes())):08x}"

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 [N,C] -> float32 [N,D]."""
        return (embeddings - self.mean) @ self.components.T


class Embedder:
    """Looks at prepared pictures, many at once; safe to use from several threads.

    For a collection that one machine cannot read overnight, Ray Data runs this very class on many
    (`pip install "ray[data]"`; it is none of our requirements, and nothing here imports it):

        import ray
        from app.collection.embed import Embedder

        files = ray.data.read_binary_files("s3://museum/scans/", include_paths=True)
        seen = files.map_batches(Embedder, batch_size=16, num_cpus=2, concurrency=8)
        seen.drop_columns(["bytes"]).write_parquet("s3://museum/embedded/")

    Each of the eight workers loads the shipped network once. `read_binary_files` gives files as
    they are, so they come through the one door and stand upright; `ray.data.read_images(...)`,
    whose column is "image", works too, but knows nothing of EXIF or colour profiles.

    Args:
        classifier: the reader; by default the shipped one.
        projection: what makes its embeddings short; by default that of the map of art.
        provider: what runs the shipped reader.
    """

    def __init__(
        self,
        classifier: Classifier | None = None,
        projection: Projection | None = None,
        provider: Provider = "auto",
    ) -> None:
        if classifier is None:
            path = MODELS / "movement_classifier.onnx"
            classifier = Classifier(load_network(path, provider=provider, fixed_shapes=True))
        self.classifier = classifier
        self.projection = projection or Projection.read(MODELS / "map")

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
        """Look at pictures in one batch, whole and once each."""
        if not pictures:
            return ()
        said = self.classifier.network.run(image=np.stack([seen.square for _, seen in pictures]))
        return tuple(
            Entry(
                source=source,
                width=seen.width,
                height=seen.height,
                fingerprint=seen.fingerprint,
                kind=self._kind(kinds),
                movement=self.classifier.metadata.movements[int(chances.argmax())],
                confidence=float(chances.max()),
                vector=vector,
                thumbnail=seen.thumbnail,
            )
            for (source, seen), chances, kinds, vector in zip(
                pictures,
                softmax(said["logits"]),
                softmax(said["kind"]),
                self.projection(said["embedding"]),
                strict=True,
            )
        )

    def look_at(self, picture: np.ndarray, name: str = "") -> Entry:
        """Look at one picture, uint8 RGB [H,W,3] of any size."""
        return self.look([(Source(name, Path(name)), prepare(picture, thumbnail=True))])[0]

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Look at a batch of Ray Data's.

        Args:
            batch: columns, with "bytes" (files' contents) or "image" (uint8 RGB [H,W,3] each).

        Returns:
            The same, and the columns vector (float32 [N,D]), movement, confidence, kind, width,
            height, fingerprint (uint64 [N]) and problem: the sentence that says why a file could
            not be read, for then all else is zero or an empty text.
        """
        column = "bytes" if "bytes" in batch else "image"
        read, problems = dict[int, Prepared](), [""] * len(batch[column])
        for row, item in enumerate(batch[column]):
            try:
                read[row] = prepare(read_picture(bytes(item)) if column == "bytes" else item)
            except UserError as error:
                problems[row] = str(error)
        seen = self.look([(Source(str(row), Path()), each) for row, each in read.items()])
        nothing = Entry(
            Source("", Path()),
            0,
            0,
            0,
            "",
            "",
            0.0,
            np.zeros(len(self.projection.components), np.float32),
        )
        entries = [nothing] * len(problems)
        for row, entry in zip(read, seen, strict=True):
            entries[row] = entry
        names = ("vector", "movement", "confidence", "kind", "width", "height")
        found = {name: np.array([getattr(entry, name) for entry in entries]) for name in names}
        fingerprints = np.array([entry.fingerprint for entry in entries], np.uint64)
        return {**batch, **found, "fingerprint": fingerprints, "problem": np.array(problems)}

    def _kind(self, chances: np.ndarray) -> str:
        """The first kind, unless it is too unlikely; float32 [kinds]."""
        card = self.classifier.metadata
        if 1 - chances[0] <= card.outside_threshold:
            return card.kinds[0]
        return card.kinds[1 + int(chances[1:].argmax())]


def _webp(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=75, method=2)
    return file.getvalue()
