import numpy as np
import pytest

from app.errors import UserError
from app.serving.style import blend, blend_photograph, interpolate, style_regions

LEFT = np.zeros((30, 40), np.uint8)
LEFT[:, :20] = 255
RIGHT = 255 - LEFT
A, B, C = (np.full(4, value, np.float32) for value in (1, 3, 7))


@pytest.fixture
def vectors() -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(5, 256)).astype(np.float32))


def test_strength_interpolates_linearly(vectors: list[np.ndarray]) -> None:
    own, chosen = vectors[:2]
    np.testing.assert_array_equal(interpolate(own, chosen, 0), own)
    np.testing.assert_array_equal(interpolate(own, chosen, 1), chosen)
    np.testing.assert_allclose(
        interpolate(own, chosen, 0.25), own + 0.25 * (chosen - own), atol=1e-6
    )
    assert interpolate(own, chosen, 0.3).dtype == np.float32


@pytest.mark.parametrize("strength", [-0.01, 1.01, float("nan"), float("inf")])
def test_strengths_out_of_range_are_refused(vectors: list[np.ndarray], strength: float) -> None:
    with pytest.raises(UserError, match="strength"):
        interpolate(vectors[0], vectors[1], strength)


def test_the_photograph_shows_through_at_low_strength() -> None:
    photograph, painted = (np.full((2, 3, 3), value, np.uint8) for value in (0, 200))
    for strength, expected in ((0, 0), (0.5, 150), (1, 200)):
        assert (blend_photograph(photograph, painted, strength) == expected).all()


def test_a_blend_is_the_weighted_mean(vectors: list[np.ndarray]) -> None:
    mixed = blend(vectors[:3], [2, 1, 1])
    np.testing.assert_allclose(mixed, np.average(vectors[:3], 0, [2, 1, 1]), atol=1e-6)
    assert (mixed.shape, mixed.dtype) == ((256,), np.float32)


def test_only_the_proportions_of_weights_count(vectors: list[np.ndarray]) -> None:
    mixed = blend(vectors[:2], [0.5, 1.5])
    for scale in (1e-300, 1e-3, 1e300):
        weights = [scale / 2, scale * 3 / 2]
        np.testing.assert_allclose(blend(vectors[:2], weights), mixed, atol=1e-6)


def test_blending_is_linear(vectors: list[np.ndarray]) -> None:
    a, b, c = vectors[:3]
    first = blend([a, b], [0.25, 0.75])
    np.testing.assert_allclose(
        blend([first, c], [0.5, 0.5]), blend([a, b, c], [0.125, 0.375, 0.5]), atol=1e-6
    )


def test_a_style_of_weight_0_changes_nothing(vectors: list[np.ndarray]) -> None:
    np.testing.assert_array_equal(blend(vectors[:2], [0, 0.3]), vectors[1])
    np.testing.assert_array_equal(blend(vectors[:1], [7]), vectors[0])


@pytest.mark.parametrize(
    "weights", [[0, 0], [-1, 2], [float("nan"), 1], [float("inf"), 1], [1], [1, 1, 1]]
)
def test_invalid_weights_are_refused(vectors: list[np.ndarray], weights: list[float]) -> None:
    with pytest.raises(UserError, match="weights"):
        blend(vectors[:2], weights)


def test_the_number_of_styles_is_limited(vectors: list[np.ndarray]) -> None:
    with pytest.raises(UserError, match="from 1 to 4 styles, not 5"):
        blend(vectors, [1] * 5)
    with pytest.raises(UserError, match="not 0"):
        blend([], [])
    np.testing.assert_allclose(
        blend(vectors, [1] * 5, max_styles=5), np.mean(vectors, 0), atol=1e-6
    )


def test_without_masks_there_is_one_region_with_the_blend() -> None:
    (region,) = style_regions([A, B], [3, 1], [None, None])
    assert region.mask is None
    np.testing.assert_allclose(region.vector, 1.5)


def test_styles_with_the_same_mask_are_blended() -> None:
    left, rest = style_regions([A, B, C], [50, 50, 100], [None, None, LEFT])
    np.testing.assert_array_equal(left.vector, C)
    np.testing.assert_array_equal(left.mask, LEFT)
    np.testing.assert_allclose(rest.vector, 2)
    np.testing.assert_array_equal(rest.mask, RIGHT)


def test_a_style_of_weight_0_has_no_region() -> None:
    (region,) = style_regions([A, B], [1, 0], [None, LEFT])
    assert region.mask is None
    with pytest.raises(UserError, match="at least one above 0"):
        style_regions([A, B], [0, 0], [None, LEFT])


def test_a_mask_over_everything_leaves_no_region_for_styles_without_one() -> None:
    (region,) = style_regions([A, B], [1, 1], [np.full_like(LEFT, 255), None])
    np.testing.assert_array_equal(region.vector, A)
