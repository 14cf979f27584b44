import numpy as np
import pytest

from app.errors import UserError
from app.serving.style import blend, blend_photograph, interpolate


@pytest.fixture
def vectors() -> list[np.ndarray]:
    return list(np.random.default_rng(0).normal(size=(5, 256)).astype(np.float32))


def test_strength_is_the_way_from_one_vector_to_another(vectors: list[np.ndarray]) -> None:
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


def test_the_photograph_shows_through_where_a_style_is_weak() -> None:
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


def test_a_style_without_weight_leaves_no_trace(vectors: list[np.ndarray]) -> None:
    np.testing.assert_array_equal(blend(vectors[:2], [0, 0.3]), vectors[1])
    np.testing.assert_array_equal(blend(vectors[:1], [7]), vectors[0])


@pytest.mark.parametrize(
    "weights", [[0, 0], [-1, 2], [float("nan"), 1], [float("inf"), 1], [1], [1, 1, 1]]
)
def test_weights_that_make_no_sense_are_refused(
    vectors: list[np.ndarray], weights: list[float]
) -> None:
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
