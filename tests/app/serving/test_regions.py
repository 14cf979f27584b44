import numpy as np
import pytest

from app.errors import UserError
from app.serving.regions import by_region, claimed, group_by_mask, lay_together, mix

LEFT = np.zeros((30, 40), np.uint8)
LEFT[:, :20] = 255
RIGHT = 255 - LEFT
A, B, C = (np.full(4, value, np.float32) for value in (1, 3, 7))


def flat(value: int) -> np.ndarray:
    return np.full((300, 400, 3), value, np.uint8)


def test_styles_of_one_mask_share_it_and_the_rest_is_for_the_others() -> None:
    (first, left), (second, rest) = group_by_mask([LEFT, None, LEFT.copy(), None], 80, 60)
    assert (first, second) == ([0, 2], [1, 3])
    assert left.shape == (60, 80)
    np.testing.assert_array_equal(left + rest, 255)


def test_without_masks_there_is_one_region_of_the_blend() -> None:
    (region,) = by_region([A, B], [3, 1], [None, None])
    assert region.mask is None
    np.testing.assert_allclose(region.vector, 1.5)


def test_styles_that_paint_together_are_blended() -> None:
    left, rest = by_region([A, B, C], [50, 50, 100], [None, None, LEFT])
    np.testing.assert_array_equal(left.vector, C)
    np.testing.assert_array_equal(left.mask, LEFT)
    np.testing.assert_allclose(rest.vector, 2)
    np.testing.assert_array_equal(rest.mask, RIGHT)


def test_a_style_without_weight_paints_nowhere() -> None:
    (region,) = by_region([A, B], [1, 0], [None, LEFT])
    assert region.mask is None
    with pytest.raises(UserError, match="at least one above 0"):
        by_region([A, B], [0, 0], [None, LEFT])


def test_masks_that_leave_nothing_to_the_others_are_alone() -> None:
    (region,) = by_region([A, B], [1, 1], [np.full_like(LEFT, 255), None])
    np.testing.assert_array_equal(region.vector, A)


def test_each_painting_lies_where_its_mask_says_with_a_soft_edge_between() -> None:
    laid = lay_together(flat(9), [flat(50), flat(250)], [LEFT, RIGHT], feather=0.1)[..., 0]
    np.testing.assert_array_equal(laid[:, :175], 50)
    np.testing.assert_array_equal(laid[:, 225:], 250)
    steps = np.diff(laid[150].astype(int))
    assert (steps >= 0).all()  # Nothing of the photograph, which is darker than both.
    assert steps.max() <= 200 / 20


def test_where_nothing_is_claimed_the_photograph_stays_to_the_bit() -> None:
    photograph = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    strip = np.zeros_like(LEFT)
    strip[:, 20:30] = 255
    laid = lay_together(photograph, [flat(50), flat(250)], [LEFT, strip])
    np.testing.assert_array_equal(laid[:, 310:], photograph[:, 310:])
    assert (laid[:, 5:180] == 50).all()
    assert (laid[:, 220:280] == 250).all()


def test_a_grey_mask_lets_the_photograph_through() -> None:
    laid = lay_together(flat(0), [flat(200)], [np.full_like(LEFT, 51)], feather=0)
    np.testing.assert_allclose(laid, 40, atol=1)


def test_one_painting_all_over_is_itself() -> None:
    painted = flat(7)
    assert mix([painted], [None]) is painted
    assert claimed([None], 400, 300) is None
    assert claimed([LEFT, RIGHT], 40, 30) is None
    np.testing.assert_array_equal(claimed([LEFT], 40, 30), LEFT)
