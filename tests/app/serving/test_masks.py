import numpy as np
import pytest

from app.serving.masks import (
    composite,
    composite_by_masks,
    fit_mask,
    group_by_mask,
    mask_union,
    mix_by_masks,
)

LEFT = np.zeros((30, 40), np.uint8)
LEFT[:, :20] = 255
RIGHT = 255 - LEFT


def flat(value: int) -> np.ndarray:
    return np.full((300, 400, 3), value, np.uint8)


@pytest.fixture
def photograph() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)


@pytest.fixture
def painted() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)


def circle() -> np.ndarray:
    rows, columns = np.mgrid[:300, :400]
    return (rows - 150) ** 2 + (columns - 200) ** 2 < 100**2


@pytest.mark.parametrize("feather", [0, 0.01, 0.2, 5])
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8])
def test_outside_the_mask_the_photograph_is_unchanged(
    photograph: np.ndarray, painted: np.ndarray, dtype: type, feather: float
) -> None:
    mask = circle().astype(dtype) * dtype(255)
    before = photograph.copy()
    combined = composite(photograph, painted, mask, feather)
    np.testing.assert_array_equal(combined[~circle()], photograph[~circle()])
    np.testing.assert_array_equal(photograph, before)
    assert (combined[circle()] != photograph[circle()]).any()


def test_far_inside_the_mask_the_painting_is_unchanged(
    photograph: np.ndarray, painted: np.ndarray
) -> None:
    combined = composite(photograph, painted, circle(), 0.1)
    np.testing.assert_array_equal(combined[110:190, 160:240], painted[110:190, 160:240])
    np.testing.assert_array_equal(
        composite(photograph, painted, circle(), 0)[circle()], painted[circle()]
    )


def test_the_edge_is_soft_and_grows_inwards(photograph: np.ndarray, painted: np.ndarray) -> None:
    black, white = np.zeros_like(photograph), np.full_like(photograph, 255)
    line = composite(black, white, circle(), 0.1)[150, 95:150, 0].astype(int)
    assert line[0] == 0
    assert line[-1] == 255
    steps = np.diff(line)
    assert (steps >= 0).all()
    assert steps.max() <= 255 / 30 + 2  # over 10 % of 300 pixels


def test_a_mask_over_everything_has_no_edge(photograph: np.ndarray, painted: np.ndarray) -> None:
    for mask in (np.ones((300, 400), bool), np.full((300, 400), 255, np.uint8)):
        np.testing.assert_array_equal(composite(photograph, painted, mask), painted)
    half = np.ones((300, 400), bool)
    half[:, 200:] = False
    combined = composite(photograph, painted, half, 0.05)
    np.testing.assert_array_equal(
        combined[:, :180], painted[:, :180]
    )  # up to the picture's own edge


def test_an_empty_mask_gives_the_photograph(photograph: np.ndarray, painted: np.ndarray) -> None:
    combined = composite(photograph, painted, np.zeros((300, 400), np.uint8))
    np.testing.assert_array_equal(combined, photograph)


def test_a_grey_mask_gives_a_weighted_mean(photograph: np.ndarray, painted: np.ndarray) -> None:
    combined = composite(photograph, painted, np.full((300, 400), 51, np.uint8), 0)
    np.testing.assert_allclose(
        combined, photograph + 0.2 * (painted - photograph.astype(float)), atol=1
    )


@pytest.mark.parametrize(
    "mask", [np.ones((300, 401), bool), np.ones((300, 400)), np.ones((300, 400, 1), np.uint8)]
)
def test_masks_of_another_size_or_type_are_refused(
    photograph: np.ndarray, painted: np.ndarray, mask: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="mask"):
        composite(photograph, painted, mask)


@pytest.mark.parametrize(("width", "height"), [(800, 600), (40, 30), (400, 300), (1, 1), (7, 900)])
def test_a_mask_is_resized(width: int, height: int) -> None:
    fitted = fit_mask(circle(), width, height)
    assert (fitted.shape, fitted.dtype) == ((height, width), np.uint8)
    if min(width, height) >= 30:
        assert fitted.mean() / 255 == pytest.approx(circle().mean(), abs=0.02)
        assert (fitted[0, 0], fitted[height // 2, width // 2]) == (0, 255)


def test_styles_are_grouped_by_mask_and_those_without_share_the_rest() -> None:
    (first, left), (second, rest) = group_by_mask([LEFT, None, LEFT.copy(), None], 80, 60)
    assert (first, second) == ([0, 2], [1, 3])
    assert left.shape == (60, 80)
    np.testing.assert_array_equal(left + rest, 255)


def test_paintings_are_combined_by_their_masks_with_a_soft_edge() -> None:
    combined = composite_by_masks(flat(9), [flat(50), flat(250)], [LEFT, RIGHT], feather=0.1)[
        ..., 0
    ]
    np.testing.assert_array_equal(combined[:, :175], 50)
    np.testing.assert_array_equal(combined[:, 225:], 250)
    steps = np.diff(combined[150].astype(int))
    assert (steps >= 0).all()  # Nothing of the photograph, which is darker than both.
    assert steps.max() <= 200 / 20


def test_outside_all_masks_the_photograph_is_unchanged() -> None:
    photograph = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    strip = np.zeros_like(LEFT)
    strip[:, 20:30] = 255
    combined = composite_by_masks(photograph, [flat(50), flat(250)], [LEFT, strip])
    np.testing.assert_array_equal(combined[:, 310:], photograph[:, 310:])
    assert (combined[:, 5:180] == 50).all()
    assert (combined[:, 220:280] == 250).all()


def test_a_grey_mask_mixes_painting_and_photograph() -> None:
    combined = composite_by_masks(flat(0), [flat(200)], [np.full_like(LEFT, 51)], feather=0)
    np.testing.assert_allclose(combined, 40, atol=1)


def test_one_painting_without_a_mask_is_returned_as_it_is() -> None:
    painted = flat(7)
    assert mix_by_masks([painted], [None]) is painted
    assert mask_union([None], 400, 300) is None
    assert mask_union([LEFT, RIGHT], 40, 30) is None
    np.testing.assert_array_equal(mask_union([LEFT], 40, 30), LEFT)
