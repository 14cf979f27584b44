import numpy as np
import pytest
from PIL import Image

from training.common.preprocessing import (
    PAD_COLOUR,
    STYLE_RATIO,
    average_views,
    fit,
    five_boxes,
    letterbox,
    prepare_style,
    six_views,
)


@pytest.mark.parametrize(
    ("height", "width"), [(100, 300), (300, 100), (224, 224), (1, 5000), (1, 1)]
)
def test_letterbox_returns_the_box_that_the_picture_fills(height, width):
    picture = np.full((height, width, 3), 200, np.uint8)
    square, box = letterbox(picture, 224)
    assert square.shape == (224, 224, 3)
    assert square.dtype == np.uint8
    assert (square[box.slices] == 200).all()
    outside = np.ones((224, 224), bool)
    outside[box.slices] = False
    assert (square[outside] == PAD_COLOUR).all()
    assert max(box.width, box.height) == 224


def test_letterbox_keeps_proportions():
    _, box = letterbox(np.zeros((150, 300, 3), np.uint8), 224)
    assert (box.width, box.height) == (224, 112)
    assert (box.left, box.top) == (0, 56)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((100, 300), (33, 100)), ((80, 20), (80, 20)), ((1, 5000), (1, 100))],
)
def test_fit_shrinks_what_is_too_large_and_nothing_else(size, expected):
    assert fit(np.zeros((*size, 3), np.uint8), 100).shape == (*expected, 3)


def test_five_boxes_are_the_corners_and_the_centre():
    corners = [(box.left, box.top) for box in five_boxes(100, 80, 60)]
    assert corners == [(0, 0), (40, 0), (0, 20), (40, 20), (20, 10)]


def test_six_views_show_the_boxes_they_name():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (320, 400, 3), np.uint8)
    views, boxes = six_views(picture, 240)
    assert views.shape == (6, 240, 240, 3)
    assert (boxes[0].width, boxes[0].height) == (400, 320)
    for view, box in zip(views[1:], boxes[1:], strict=True):
        assert box.width == box.height == 240  # 0.75 of the shorter side: no resampling here
        assert (view == picture[box.slices]).all()


def test_views_of_a_huge_picture_look_like_those_of_a_small_one(painting):
    huge = np.asarray(Image.fromarray(painting).resize((6000, 4001)))
    small_views, _ = six_views(painting)
    huge_views, boxes = six_views(huge)
    assert (boxes[0].width, boxes[0].height) == (6000, 4001)
    difference = np.abs(small_views.astype(int) - huge_views).mean((1, 2, 3))
    assert difference.max() < 4  # of 255: resampling blurs a little, nothing shifts


def test_crops_at_own_resolution_are_limited_by_the_picture():
    _, boxes = six_views(np.zeros((500, 90, 3), np.uint8), 224, crop_side=224)
    assert {(box.width, box.height) for box in boxes[1:]} == {(90, 90)}


def test_the_whole_counts_as_much_as_its_parts():
    logits = np.zeros((2, 6, 3), np.float32)
    logits[0, 0, 1] = 2
    logits[1, 1:, 2] = 2
    mean = average_views(logits)
    np.testing.assert_allclose(mean, [[0, 1, 0], [0, 0, 1]], atol=1e-6)
    assert mean.dtype == np.float32


@pytest.mark.parametrize("side", [128, 256, 512])
@pytest.mark.parametrize(
    ("width", "height"), [(600, 400), (400, 600), (1, 1), (1, 5000), (5000, 1), (33, 131), (64, 64)]
)
def test_the_shorter_side_is_as_asked_and_the_longer_is_bounded(
    width: int, height: int, side: int
) -> None:
    seen = prepare_style(np.zeros((height, width, 3), np.uint8), side)
    assert (min(seen.shape[:2]), seen.dtype) == (side, np.uint8)
    assert max(seen.shape[:2]) <= STYLE_RATIO * side
    if max(width, height) <= STYLE_RATIO * min(width, height):
        assert seen.shape[1] / seen.shape[0] == pytest.approx(width / height, rel=0.01)


def test_of_a_very_long_picture_the_middle_is_seen() -> None:
    picture = np.zeros((1000, 100, 3), np.uint8)
    picture[300:700] = 200
    assert (prepare_style(picture, 100) == 200).all()


def test_shrinking_is_antialiased() -> None:
    chequered = np.indices((512, 512)).sum(0) % 2 * np.uint8(255)
    seen = prepare_style(np.stack([chequered.astype(np.uint8)] * 3, -1), 128)
    assert np.abs(seen.astype(int) - 127).max() <= 2
