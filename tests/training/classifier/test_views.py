from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import DataLoader

from training.classifier.views import Augmentation, SixViews, Views
from training.common.errors import exit_on_user_error
from training.data import Record


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


def test_colour_changes_are_small(painting):
    rng = np.random.default_rng(0)
    crops = Augmentation(whole=0.0, smallest_crop=1.0)
    for _ in range(10):
        view = crops(painting, 96, rng)
        assert abs(view.mean() - painting.mean()) < 50


def test_proportions_of_views_do_not_depend_on_the_file():
    shapes = [(224, 224), (180, 256), (256, 150)]
    views = [
        [Augmentation().draw(*shape, 96, np.random.default_rng(seed)) for seed in range(300)]
        for shape in shapes
    ]
    proportions = [[(view.width, view.height) for view in drawn] for drawn in views]
    assert proportions[0] == proportions[1] == proportions[2]
    assert len(set(proportions[0])) > 50
    squares = [size == (96, 96) for size in proportions[0]]
    assert 0.5 < np.mean(squares) < 0.8  # all crops, and a quarter of the wholes


def test_a_whole_view_is_stretched_little_and_shows_most_of_the_picture():
    augmentation = Augmentation(whole=1.0)
    shown = []
    for seed in range(300):
        view = augmentation.draw(180, 256, 200, np.random.default_rng(seed))
        stretch = (view.width / view.height) / (view.box.width / view.box.height)
        assert 0.74 < stretch < 1.35
        shown.append(view.box.width * view.box.height / (180 * 256))
    assert np.median(shown) > 0.75


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("views", [Views, SixViews])
def test_a_picture_that_vanished_ends_a_program_with_its_name(tmp_path, capsys, views, workers):
    path: Path = tmp_path / "é gone.jpg"
    batches = DataLoader(views([Record(str(path), "Cubism")], 32), num_workers=workers)
    with pytest.raises(SystemExit), exit_on_user_error():
        next(iter(batches))
    reason = "This file could not be opened (no such file or directory)."
    assert capsys.readouterr().err == f"{path}: {reason}\n"
