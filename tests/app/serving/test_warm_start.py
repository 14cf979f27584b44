import numpy as np
import pytest

from app import MODELS
from app.errors import UserError
from app.serving.runtime import load_network
from app.serving.stylizer import Stylizer
from app.serving.warm_start import warm_start
from training.style.shipped_files import ENCODER_FILE, STYLIZER_FILE


@pytest.fixture(scope="module")
def stylizer() -> Stylizer:
    """The shipped one."""
    files = (MODELS / name for name in (ENCODER_FILE, STYLIZER_FILE))
    return Stylizer(*(load_network(file, provider="cpu", fixed_shapes=False) for file in files))


def pictures(painting: np.ndarray) -> list[np.ndarray]:
    return [painting[:200, :200], 255 - painting[100:300, 200:400]]


def test_it_is_what_the_stylizer_paints(stylizer: Stylizer, painting: np.ndarray) -> None:
    one, other = pictures(painting)
    content = painting[:120, :160]
    vector = (0.75 * stylizer.encode(one) + 0.25 * stylizer.encode(other)).astype(np.float32)
    expected = stylizer.paint(content, vector).picture
    vectors = [stylizer.encode(one), stylizer.encode(other)]
    started = warm_start(stylizer, content, vectors, [3, 1])
    assert np.abs(started.astype(int) - expected).max() <= 1


def test_it_is_no_larger_than_it_is_of_use(stylizer: Stylizer, painting: np.ndarray) -> None:
    (one, _) = pictures(painting)
    vector = stylizer.encode(one)
    assert warm_start(stylizer, painting, [vector], [1], side=96).shape == (64, 96, 3)


def test_each_region_has_its_own_style(stylizer: Stylizer, painting: np.ndarray) -> None:
    vectors, content = list(map(stylizer.encode, pictures(painting))), painting[:128, :128]
    left = np.zeros((8, 8), np.uint8)
    left[:, :3] = 255
    started = warm_start(stylizer, content, vectors, [1, 1], regions=[None, left])
    whole, inside = (stylizer.paint(content, vector).picture for vector in vectors)
    np.testing.assert_array_equal(started[:, 64:], whole[:, 64:])
    np.testing.assert_array_equal(started[8:-8, 8:24], inside[8:-8, 8:24])
    alone = warm_start(stylizer, content, vectors[1:], [1], regions=[left])
    np.testing.assert_array_equal(alone[:, 64:], content[:, 64:])


def test_weights_that_make_no_sense_are_refused(stylizer: Stylizer, painting: np.ndarray) -> None:
    vectors = list(map(stylizer.encode, pictures(painting)))
    with pytest.raises(UserError, match="weights"):
        warm_start(stylizer, painting, vectors, [1, -1])
