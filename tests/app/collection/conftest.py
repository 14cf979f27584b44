from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.collection.embed import Embedder
from app.collection.store import Store
from app.serving.classifier import Classifier
from app.serving.reference_map import Projection
from tests.app.collection.quick import QuickEmbedder


@pytest.fixture
def quick() -> QuickEmbedder:
    return QuickEmbedder()


@pytest.fixture
def store(tmp_path: Path, quick: Embedder) -> Store:
    return Store(tmp_path / "store", quick.version, len(quick.projection.components))


@pytest.fixture(scope="session")
def embedder(classifier: Classifier) -> Embedder:
    """The shipped classifier, its embeddings projected to 24 random dimensions."""
    mixed = np.random.default_rng(0).standard_normal((1024, 24))
    components = np.linalg.qr(mixed)[0].T.astype(np.float32)
    return Embedder(classifier, Projection(np.full(1024, 0.1, np.float32), components))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Fourteen pictures, one of them a smaller copy, and a text file called like a picture."""
    top = tmp_path / "Sammlung"
    (top / "2 Räume").mkdir(parents=True)
    for name, picture in (("coffee", data.coffee()), ("cat", data.chelsea())):
        for number in range(6):
            part = picture[40 * number : 40 * number + 90, 60 * number : 60 * number + 120]
            Image.fromarray(part).save(top / "2 Räume" / f"{name}_{number}.png")
    astronaut = Image.fromarray(data.astronaut())
    astronaut.save(top / "it's an astronaut.jpg")
    astronaut.resize((256, 256)).save(top / "small.webp")
    (top / "letter.jpg").write_text("Dear reader, I am no picture.")
    return top
