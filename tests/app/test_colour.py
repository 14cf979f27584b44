import numpy as np
import pytest
from skimage import data

from app.colour import colour_moments, keep_colours, match_palette, recolour

RNG = np.random.default_rng(0)


def noise(height: int = 120, width: int = 160) -> np.ndarray:
    """Every corner of the colour cube, so that much cannot be shown and must be reduced."""
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


def luma(picture: np.ndarray) -> np.ndarray:
    return picture @ np.array([0.299, 0.587, 0.114])


def muted(picture: np.ndarray) -> np.ndarray:
    """With little contrast, so that matching palettes need not clip."""
    return (picture // 4 + 96).astype(np.uint8)


def test_the_styles_own_colours_are_kept(painting: np.ndarray) -> None:
    assert recolour(painting, noise(400, 600), "style") is painting


def test_recolour_calls_the_function_of_its_choice(painting: np.ndarray) -> None:
    photograph = noise(400, 600)
    kept = recolour(painting, photograph, "photograph")
    np.testing.assert_array_equal(kept, keep_colours(painting, photograph))
    matched = recolour(painting, photograph, "palette")
    np.testing.assert_array_equal(matched, match_palette(painting, photograph))


# The photograph's colours.


def test_luma_is_exactly_that_of_the_painting() -> None:
    painted, photograph = noise(), noise()
    np.testing.assert_allclose(
        luma(keep_colours(painted, photograph)), luma(painted), atol=0.5 + 1e-6
    )


def test_hues_are_those_of_the_photograph() -> None:
    painted, photograph = noise(), noise()
    wanted = photograph - luma(photograph)[..., None]
    found = keep_colours(painted, photograph) - luma(painted)[..., None]
    length = np.linalg.norm(found, axis=-1) * np.linalg.norm(wanted, axis=-1)
    clear = np.linalg.norm(found, axis=-1) > 20  # not so pale that rounding turns the hue
    cosine = (found * wanted).sum(-1)[clear] / length[clear]
    assert cosine.min() > 0.998
    assert (np.linalg.norm(found, axis=-1) <= np.linalg.norm(wanted, axis=-1) + 1).all()


def test_colours_that_a_screen_can_show_are_kept_whole() -> None:
    painted, photograph = muted(noise()), muted(noise())
    kept = keep_colours(painted, photograph)
    expected = photograph - luma(photograph)[..., None] + luma(painted)[..., None]
    np.testing.assert_allclose(kept, expected, atol=0.5 + 1e-6)


def test_a_grey_photograph_makes_the_painting_grey() -> None:
    painted, grey = noise(), np.repeat(noise()[..., :1], 3, 2)
    kept = keep_colours(painted, grey)
    assert np.ptp(kept.astype(int), axis=-1).max() == 0
    np.testing.assert_allclose(kept[..., 0], luma(painted), atol=0.5 + 1e-6)


def test_black_and_white_stay_black_and_white() -> None:
    for level in (0, 255):
        painted = np.full((40, 50, 3), level, np.uint8)
        np.testing.assert_array_equal(keep_colours(painted, noise(40, 50)), painted)


def test_a_photograph_keeps_its_own_colours_exactly(painting: np.ndarray) -> None:
    np.testing.assert_array_equal(keep_colours(painting, painting), painting)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 700), (700, 1), (257, 3)])
def test_every_size_can_keep_its_colours(height: int, width: int) -> None:
    painted, photograph = noise(height, width), noise(height, width)
    kept = keep_colours(painted, photograph)
    assert (kept.shape, kept.dtype) == (painted.shape, np.uint8)
    assert match_palette(painted, photograph).shape == painted.shape


def test_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="not painted from"):
        keep_colours(noise(10, 12), noise(12, 10))


# The matched palette.


def test_moments_equal_those_of_numpy(painting: np.ndarray) -> None:
    colours = painting.reshape(-1, 3)
    mean, covariance = colour_moments(painting)
    np.testing.assert_allclose(mean, colours.mean(0))
    np.testing.assert_allclose(covariance, np.cov(colours.T, bias=True), rtol=1e-9)


@pytest.mark.parametrize("picture", [data.coffee(), data.chelsea(), data.astronaut()])
def test_mean_and_covariance_become_the_palettes(picture: np.ndarray) -> None:
    for other in (data.coffee(), data.chelsea(), data.astronaut()):
        palette = muted(other)
        mean, covariance = colour_moments(match_palette(picture, palette))
        wanted_mean, wanted_covariance = colour_moments(palette)
        np.testing.assert_allclose(mean, wanted_mean, atol=0.5)
        np.testing.assert_allclose(covariance, wanted_covariance, rtol=0.02, atol=1)


def test_the_transfer_is_the_formula_of_image_analogies(painting: np.ndarray) -> None:
    palette = muted(data.chelsea())

    def root(matrix: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(matrix)
        return vectors @ np.diag(np.sqrt(values)) @ vectors.T

    (mean, covariance), (wanted, target) = colour_moments(painting), colour_moments(palette)
    expected = (painting - mean) @ (root(target) @ np.linalg.inv(root(covariance))).T + wanted
    difference = match_palette(painting, palette) - np.clip(expected, 0, 255)
    assert np.abs(difference).max() < 1  # OpenCV takes the matrix to ten bits behind the point


def test_a_picture_that_has_the_palette_is_unchanged(painting: np.ndarray) -> None:
    np.testing.assert_array_equal(match_palette(painting, painting), painting)
    np.testing.assert_array_equal(match_palette(painting, painting[::-1, ::-1]), painting)


def test_for_flat_pictures_only_the_mean_is_matched() -> None:
    flat = np.full((30, 40, 3), (10, 200, 30), np.uint8)
    green = match_palette(noise(), flat)
    assert np.abs(green.astype(int) - (10, 200, 30)).max() <= 1
    np.testing.assert_array_equal(match_palette(flat, flat), flat)
    mean, _ = colour_moments(data.coffee())
    np.testing.assert_allclose(match_palette(flat, data.coffee())[0, 0], mean, atol=0.51)


def test_palettes_of_grey_pictures_match_and_are_finite() -> None:
    grey = np.repeat(data.coffee()[..., :1], 3, 2)
    toned = match_palette(data.coffee(), grey)
    assert np.ptp(toned.astype(int), axis=-1).mean() < 2  # The palette has no colour to give.
    coloured = match_palette(grey, muted(data.coffee()))
    mean, covariance = colour_moments(coloured)
    wanted_mean, wanted = colour_moments(muted(data.coffee()))
    np.testing.assert_allclose(mean, wanted_mean, atol=0.5)
    # A line of greys becomes a line of colours, along the palette's main axis.
    main = np.linalg.eigh(wanted)[1][:, -1]
    assert main @ covariance @ main == pytest.approx(np.trace(covariance), rel=0.05)


def test_noise_in_a_nearly_flat_picture_is_not_amplified() -> None:
    sky = (128 + RNG.integers(-1, 2, (100, 100, 3))).astype(np.uint8)
    matched = match_palette(sky, noise())
    assert matched.std((0, 1)).max() < 10


def test_no_picture_is_changed_in_place(painting: np.ndarray) -> None:
    photograph = noise(400, 600)
    before = painting.copy(), photograph.copy()
    keep_colours(painting, photograph)
    match_palette(painting, photograph)
    np.testing.assert_array_equal(painting, before[0])
    np.testing.assert_array_equal(photograph, before[1])
