import numpy as np
import pytest

from app.serving.mask import composite, fit_mask


@pytest.fixture
def photograph() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)


@pytest.fixture
def painted() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)


def blob() -> np.ndarray:
    rows, columns = np.mgrid[:300, :400]
    return (rows - 150) ** 2 + (columns - 200) ** 2 < 100**2


@pytest.mark.parametrize("feather", [0, 0.01, 0.2, 5])
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8])
def test_outside_the_mask_nothing_changes_to_the_bit(
    photograph: np.ndarray, painted: np.ndarray, dtype: type, feather: float
) -> None:
    mask = blob().astype(dtype) * dtype(255)
    before = photograph.copy()
    laid = composite(photograph, painted, mask, feather)
    np.testing.assert_array_equal(laid[~blob()], photograph[~blob()])
    np.testing.assert_array_equal(photograph, before)
    assert (laid[blob()] != photograph[blob()]).any()


def test_deep_inside_the_painting_covers_to_the_bit(
    photograph: np.ndarray, painted: np.ndarray
) -> None:
    laid = composite(photograph, painted, blob(), 0.1)
    np.testing.assert_array_equal(laid[110:190, 160:240], painted[110:190, 160:240])
    np.testing.assert_array_equal(
        composite(photograph, painted, blob(), 0)[blob()], painted[blob()]
    )


def test_the_edge_is_soft_and_grows_inwards(photograph: np.ndarray, painted: np.ndarray) -> None:
    black, white = np.zeros_like(photograph), np.full_like(photograph, 255)
    line = composite(black, white, blob(), 0.1)[150, 95:150, 0].astype(int)
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
    laid = composite(photograph, painted, half, 0.05)
    np.testing.assert_array_equal(laid[:, :180], painted[:, :180])  # up to the picture's own edge


def test_an_empty_mask_paints_nothing(photograph: np.ndarray, painted: np.ndarray) -> None:
    laid = composite(photograph, painted, np.zeros((300, 400), np.uint8))
    np.testing.assert_array_equal(laid, photograph)


def test_a_grey_mask_mixes(photograph: np.ndarray, painted: np.ndarray) -> None:
    laid = composite(photograph, painted, np.full((300, 400), 51, np.uint8), 0)
    np.testing.assert_allclose(
        laid, photograph + 0.2 * (painted - photograph.astype(float)), atol=1
    )


@pytest.mark.parametrize(
    "mask", [np.ones((300, 401), bool), np.ones((300, 400)), np.ones((300, 400, 1), np.uint8)]
)
def test_masks_that_do_not_fit_are_refused(
    photograph: np.ndarray, painted: np.ndarray, mask: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="mask"):
        composite(photograph, painted, mask)


@pytest.mark.parametrize(("width", "height"), [(800, 600), (40, 30), (400, 300), (1, 1), (7, 900)])
def test_a_mask_is_fitted_to_another_size(width: int, height: int) -> None:
    fitted = fit_mask(blob(), width, height)
    assert (fitted.shape, fitted.dtype) == ((height, width), np.uint8)
    if min(width, height) >= 30:
        assert fitted.mean() / 255 == pytest.approx(blob().mean(), abs=0.02)
        assert (fitted[0, 0], fitted[height // 2, width // 2]) == (0, 255)
