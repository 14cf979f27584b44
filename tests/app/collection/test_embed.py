import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.collection.embed import BLANK_KIND, Embedder, prepare
from app.collection.scan import Source
from app.errors import UserError
from app.serving.classifier import Classifier
from app.serving.reference_map import Projection
from training.common.movements import KINDS
from training.data import difference_hash

TALL = data.astronaut()[:, :200]


def test_a_collection_is_read_as_in_the_read_tab(
    embedder: Embedder, classifier: Classifier, painting: np.ndarray
) -> None:
    embedder = Embedder(classifier, embedder.projection, view_count=6)
    for picture in (painting, TALL, data.chelsea(), data.coffee()[::-1]):
        entry, reading = embedder.embed_picture(picture, "a.png"), classifier.read(picture)
        assert entry.movement == reading.movement
        assert entry.confidence == pytest.approx(reading.confidence, abs=1e-5)
        named = [reading.movements[index] for index in reading.named]
        assert [entry.movement, entry.between][: len(named)] == named or reading.refusal
        assert (entry.kind == KINDS[0]) == (reading.refusal in (None, "unsure"))
        expected = embedder.projection(classifier.embed([picture]))[0]
        np.testing.assert_allclose(entry.vector, expected, rtol=1e-4, atol=1e-4)


def test_entries_have_name_size_and_fingerprint(embedder: Embedder, painting: np.ndarray) -> None:
    entry = embedder.embed_picture(painting, "a.png")
    assert (entry.width, entry.height, entry.source.name) == (600, 400, "a.png")
    assert entry.fingerprint == difference_hash(painting)


def test_one_view_is_the_whole_picture(
    embedder: Embedder, classifier: Classifier, painting: np.ndarray
) -> None:
    entry = embedder.embed_picture(painting)
    chances = classifier.read(painting).view_probabilities[0]
    assert entry.confidence == pytest.approx(chances.max(), abs=1e-5)
    six = Embedder(classifier, embedder.projection, view_count=6).embed_picture(painting)
    np.testing.assert_allclose(entry.vector, six.vector, rtol=1e-3, atol=1e-3)


def test_a_blank_picture_is_of_no_movement(embedder: Embedder) -> None:
    assert embedder.embed_picture(np.full((300, 400, 3), 255, np.uint8)).kind == BLANK_KIND


def test_entries_do_not_depend_on_the_other_pictures(
    embedder: Embedder, painting: np.ndarray
) -> None:
    pictures = [painting, TALL, data.chelsea()]
    together = embedder.embed(
        [(Source(str(i), Path()), prepare(p)) for i, p in enumerate(pictures)]
    )
    for picture, entry in zip(pictures, together, strict=True):
        alone = embedder.embed_picture(picture)
        np.testing.assert_allclose(alone.vector, entry.vector, rtol=1e-3, atol=1e-3)
        assert (alone.kind, alone.movement) == (entry.kind, entry.movement)


def test_a_photograph_is_not_counted_as_a_painting(embedder: Embedder) -> None:
    assert embedder.embed_picture(data.chelsea()).kind in KINDS[1:]


def test_a_thumbnail_is_small_and_keeps_its_shape() -> None:
    with Image.open(io.BytesIO(prepare(TALL, thumbnail=True).thumbnail)) as image:
        assert (image.format, image.size) == ("WEBP", (38, 96))
    assert prepare(TALL).thumbnail == b""


def test_no_pictures_have_no_entries(embedder: Embedder) -> None:
    assert embedder.embed([]) == ()


def test_a_projection_keeps_distances_along_its_components(tmp_path: Path) -> None:
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0].astype(np.float32)
    (tmp_path / "map").mkdir()
    np.save(tmp_path / "map" / "projection.npy", np.stack([np.ones(6, np.float32), *basis[:2]]))
    projection = Projection.read(tmp_path / "map")
    inside = 1 + np.array([[3, 4], [0, 0]], np.float32) @ basis[:2]
    np.testing.assert_allclose(projection(inside), [[3, 4], [0, 0]], atol=1e-6)
    other = Projection(projection.mean, projection.components[::-1].copy())
    assert projection.checksum != other.checksum
    with pytest.raises(UserError, match=r"projection\.npy is missing"):
        Projection.read(tmp_path)


def test_another_projection_is_another_version(embedder: Embedder) -> None:
    projection = embedder.projection
    other = Embedder(embedder.classifier, Projection(projection.mean, -projection.components))
    assert other.version != embedder.version
