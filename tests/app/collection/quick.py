"""An embedder for tests that need no network."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from app.collection.embed import Embedder, Entry, PreparedPicture
from app.collection.indexing import find_changes, update
from app.collection.reading import read_collection
from app.collection.scan import Source
from app.collection.store import Store
from app.serving.reference_map import Projection
from training.common.movements import KINDS, MOVEMENTS


class QuickEmbedder(Embedder):
    """Its vectors are four colours of a picture; it is quick."""

    def __init__(self) -> None:
        self.view_count = 1
        self.projection = Projection(np.zeros(13, np.float32), np.eye(13, dtype=np.float32))
        self.classifier = SimpleNamespace(  # type: ignore[assignment]
            metadata=SimpleNamespace(name="Quick", version="1", kinds=KINDS)
        )

    def embed(self, pictures: Sequence[tuple[Source, PreparedPicture]]) -> tuple[Entry, ...]:
        return tuple(self._entry(*pair) for pair in pictures)

    def _entry(self, source: Source, picture: PreparedPicture) -> Entry:
        corners = [s[half] for s in np.split(picture.views[0], 2) for half in (0, -1)]
        colours = np.stack([corner.mean(0) for corner in corners]).ravel() / 255
        return Entry(
            source=source,
            width=picture.width,
            height=picture.height,
            fingerprint=picture.fingerprint,
            kind=KINDS[picture.height > picture.width],
            movement=MOVEMENTS[int(colours.sum() * 10) % 5],
            confidence=0.75,
            vector=np.array([1, *colours], np.float32),
            thumbnail=picture.thumbnail,
        )


def index(place: Path | str, store: Store, embedder: Embedder) -> tuple[int, int, int]:
    """How many files of a folder or URL were read, failed and known already."""
    changes = find_changes(place, store)
    steps = list(update(store, changes, read_collection(changes.sources, embedder)))
    read = sum(len(step.entries) for step in steps)
    return read, sum(len(step.failures) for step in steps), changes.kept
