import numpy as np
import pytest

from training.augmentation import Augmentation


@pytest.mark.parametrize("shape", [(200, 150, 3), (40, 300, 3), (1, 1, 3), (1, 700, 3)])
def test_views_are_squares_of_the_asked_size(shape):
    picture = np.full(shape, 128, np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(20):
        view = Augmentation()(picture, 64, rng)
        assert view.shape == (64, 64, 3)
        assert view.dtype == np.uint8


def test_the_same_seed_gives_the_same_view(painting):
    views = [Augmentation()(painting, 96, np.random.default_rng(5)) for _ in range(2)]
    assert (views[0] == views[1]).all()


def test_colour_stays_within_a_photographers_doubt(painting):
    rng = np.random.default_rng(0)
    crops = Augmentation(whole=0.0, smallest_crop=1.0)
    for _ in range(10):
        view = crops(painting, 96, rng)
        assert abs(view.mean() - painting.mean()) < 50
