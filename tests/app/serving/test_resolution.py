"""What is painted at one size and finished at another, with painters of our own."""

import numpy as np
import pytest
from skimage import data

from app.colour import luma
from app.errors import UserError
from app.serving import resolution
from app.serving.resolution import NATIVE, STROKE_SIZES, bring_to_size, working_size
from training.common.preprocessing import resize

BOUND = 17
"""Grey levels beyond the painting's own range, rounding included."""


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def light(picture: np.ndarray) -> np.ndarray:
    return luma(picture)[..., 0]


@pytest.mark.parametrize(
    ("size", "stroke_size", "expected"),
    [
        ((4032, 3024), 1, (768, 576)),
        ((4032, 3024), 2, (384, 288)),
        ((3024, 4032), 0.5, (1152, 1536)),
        ((600, 400), 1, (600, 400)),  # smaller than the working size: its own
        ((600, 400), 2, (300, 200)),
        ((600, 400), 0.5, (1200, 800)),
        ((1, 5000), 1, (1, 768)),
        ((3000, 2), 2, (384, 1)),
        ((9000, 6666), NATIVE, (9000, 6666)),
    ],
)
def test_the_stroke_size_sets_at_which_size_a_picture_is_painted(size, stroke_size, expected):
    assert working_size(*size, stroke_size) == expected


@pytest.mark.parametrize("stroke_size", [0.49, 2.01, -1, float("nan")])
def test_other_stroke_sizes_are_refused(stroke_size):
    with pytest.raises(UserError, match=r"stroke size .* 0\.5 to 2, or 0"):
        working_size(40, 30, stroke_size)


@pytest.mark.parametrize("stroke_size", [*STROKE_SIZES, 1, 1.3, NATIVE])
@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (2, 2), (16, 16), (17, 16), (1, 5000), (5000, 1), (3000, 2), (333, 47), (1201, 301)],
)
def test_every_size_is_brought_back_exactly(width, height, stroke_size):
    photograph = noise(height, width)
    painted = resize(photograph, *working_size(width, height, stroke_size))
    brought = bring_to_size(painted, photograph)
    assert (brought.shape, brought.dtype) == (photograph.shape, np.uint8)


def test_what_has_the_size_already_is_left_alone():
    painted = noise(20, 30)
    assert bring_to_size(painted, noise(20, 30)) is painted


def test_a_flat_photograph_adds_nothing():
    painted = resize(data.coffee(), 150, 100)
    brought = bring_to_size(painted, np.full((400, 600, 3), 77, np.uint8))
    np.testing.assert_array_equal(brought, resize(painted, 600, 400))


def test_a_painting_that_is_flat_takes_no_detail():
    painted = np.full((100, 150, 3), (40, 90, 160), np.uint8)
    np.testing.assert_array_equal(bring_to_size(painted, data.coffee())[::399, 0], painted[:2, 0])
    assert np.ptp(bring_to_size(painted, data.coffee()), axis=(0, 1)).max() == 0


def test_a_photograph_painted_as_itself_comes_back_sharper_than_enlarged():
    photograph = np.array(data.coffee())
    painted = resize(photograph, 150, 100)
    error, plain = (
        np.abs(light(photograph) - light(picture)).mean()
        for picture in (bring_to_size(painted, photograph), resize(painted, 600, 400))
    )
    assert error < plain / 2


def edge(height: int, width: int, dark: int, bright: int) -> np.ndarray:
    """A step from left to right, not on the grid of the small picture."""
    picture = np.full((height, width, 3), dark, np.uint8)
    picture[:, width // 2 + 3 :] = bright
    return picture


@pytest.mark.parametrize(("left", "right"), [(60, 180), (180, 60), (120, 120), (90, 130)])
def test_there_is_no_halo_at_an_edge(left, right):
    photograph = edge(256, 512, 10, 245)
    painted = resize(edge(256, 512, left, right), 128, 64)
    brought = light(bring_to_size(painted, photograph))
    assert brought.min() >= min(left, right) - BOUND
    assert brought.max() <= max(left, right) + BOUND
    # Away from the edge by more than two painted pixels, nothing has changed at all.
    far = np.r_[0:244, 274:512]
    enlarged = light(resize(painted, 512, 256))
    assert np.abs(brought - enlarged)[:, far].max() <= 1


@pytest.mark.parametrize(("left", "right"), [(60, 180), (180, 60)])
def test_an_edge_that_was_painted_becomes_sharp_also_the_other_way_round(left, right):
    photograph = edge(256, 512, 10, 245)
    painted = resize(edge(256, 512, left, right), 128, 64)
    steps = [
        np.abs(np.diff(light(picture), axis=1)).max()
        for picture in (bring_to_size(painted, photograph), resize(painted, 512, 256))
    ]
    assert steps[0] > 2 * steps[1]


def test_where_the_painting_follows_noise_does_not_leave_its_range():
    photograph = edge(256, 512, 60, 180)
    speckled = photograph.copy()
    speckled[::2] -= 60  # Nothing of it is seen at a quarter.
    speckled[1::2] += 60
    painted = resize(photograph, 128, 64)
    brought = light(bring_to_size(painted, speckled))
    assert brought.min() >= light(painted).min() - BOUND
    assert brought.max() <= light(painted).max() + BOUND


def test_hues_are_the_painting_s_alone():
    photograph = np.zeros((400, 400, 3), np.uint8)
    photograph[..., 0] = data.coffee()[:, :400, 0]  # red only
    painted = resize(data.coffee()[:, :400, :1].repeat(3, 2), 100, 100)  # the same in grey
    brought = bring_to_size(painted, photograph).astype(int)
    assert np.ptp(brought, axis=2).max() <= 1
    assert np.abs(brought - resize(painted, 400, 400)).max() > 10


def test_strips_join_to_what_one_piece_would_be(monkeypatch):
    photograph = noise(301, 260)
    painted = resize(255 - photograph, 87, 101)
    whole = bring_to_size(painted, photograph).astype(int)
    monkeypatch.setattr(resolution, "_STRIP", 37)
    assert np.abs(bring_to_size(painted, photograph) - whole).max() <= 1


def test_reduced_again_it_is_what_was_painted():
    photograph = np.array(data.astronaut())
    painted = resize(255 - data.astronaut()[..., ::-1], 128, 128)
    again = resize(bring_to_size(painted, photograph), 128, 128).astype(int)
    assert np.abs(again - painted).mean() < 3
