import numpy as np
import pytest

from app.heatmap import AGAINST_COLOUR, FOR_COLOUR, difference, overlay


@pytest.fixture
def grey() -> np.ndarray:
    return np.full((300, 400, 3), 128, np.uint8)


def hill(height: int, width: int, row: int, column: int, peak: float) -> np.ndarray:
    """A smooth bump of evidence, float32 [H,W], practically zero far from its top."""
    rows, columns = np.mgrid[:height, :width]
    distance = (rows - row) ** 2 + (columns - column) ** 2
    return (peak * np.exp(-distance / 30**2)).astype(np.float32)


def change(picture: np.ndarray, painted: np.ndarray) -> np.ndarray:
    return np.abs(painted.astype(int) - picture).sum(-1)


@pytest.mark.parametrize("paint", [overlay, difference])
def test_the_picture_keeps_its_size_and_type(paint, painting: np.ndarray) -> None:
    before = painting.copy()
    picture, evidence = paint(painting, hill(400, 600, 100, 300, 4))
    assert evidence
    assert picture.shape == painting.shape
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(painting, before)


def test_evidence_is_strongest_where_the_map_is(grey: np.ndarray) -> None:
    changed = change(grey, overlay(grey, hill(300, 400, 60, 280, 2)).picture)
    assert np.unravel_index(changed.argmax(), changed.shape) == (60, 280)
    assert changed[60, 280] > changed[60, 310] > changed[60, 340] > changed[250, 50] == 0


def test_strong_evidence_is_yellow_and_weak_evidence_violet(grey: np.ndarray) -> None:
    picture = overlay(grey, hill(300, 400, 150, 200, 2), opacity=1.0).picture.astype(int)
    red, green, blue = picture[150, 200]
    assert red > blue + 40
    assert green > blue + 40
    red, green, blue = picture[150, 246]
    assert green < min(red, blue)


def test_evidence_against_is_not_painted(grey: np.ndarray) -> None:
    heat = hill(300, 400, 60, 100, 2) - hill(300, 400, 240, 300, 9)
    changed = change(grey, overlay(grey, heat).picture)
    assert changed[60, 100] > 0
    assert changed[240, 300] == 0


def test_the_scale_is_the_maps_own(grey: np.ndarray) -> None:
    weak, strong = hill(300, 400, 60, 100, 0.01), hill(300, 400, 60, 100, 10)
    np.testing.assert_allclose(overlay(grey, weak).picture, overlay(grey, strong).picture, atol=1)


@pytest.mark.parametrize("value", [0.0, -3.0, 2.0, 1e-9])
@pytest.mark.parametrize("slope", [0.0, 1e-8])
def test_a_flat_map_is_no_evidence(grey: np.ndarray, value: float, slope: float) -> None:
    heat = value + slope * hill(300, 400, 60, 100, 1)
    for paint in (overlay, difference):
        picture, evidence = paint(grey, heat)
        assert not evidence
        np.testing.assert_array_equal(picture, grey)


def test_a_map_that_is_negative_everywhere_is_no_evidence(painting: np.ndarray) -> None:
    picture, evidence = overlay(painting, hill(400, 600, 60, 100, 1) - 2)
    assert not evidence
    np.testing.assert_array_equal(picture, painting)


def test_the_difference_is_red_for_and_blue_against(grey: np.ndarray) -> None:
    heat = hill(300, 400, 60, 100, 3) - hill(300, 400, 240, 300, 3)
    picture = difference(grey, heat, opacity=1.0).picture
    assert np.argmax(picture[60, 100]) == np.argmax(FOR_COLOUR) == 0
    assert np.argmax(picture[240, 300]) == np.argmax(AGAINST_COLOUR) == 2
    np.testing.assert_array_equal(picture[5, 395], grey[5, 395])


def test_both_signs_of_the_difference_share_one_scale(grey: np.ndarray) -> None:
    heat = hill(300, 400, 60, 100, 4) - hill(300, 400, 240, 300, 1)
    picture = difference(grey, heat).picture
    swapped = difference(grey, -heat).picture
    changed, other = change(grey, picture), change(grey, swapped)
    assert changed[240, 300] < other[60, 100]
    alone = change(grey, difference(grey, -hill(300, 400, 240, 300, 1)).picture)
    assert changed[240, 300] < alone[240, 300]  # A quarter of the scale, not a scale of its own.


@pytest.mark.parametrize("paint", [overlay, difference])
def test_opacity_goes_from_the_picture_to_the_map(paint, painting: np.ndarray) -> None:
    heat = hill(400, 600, 100, 300, 4)
    np.testing.assert_array_equal(paint(painting, heat, opacity=0.0).picture, painting)
    faint = change(painting, paint(painting, heat, opacity=0.3).picture)
    full = change(painting, paint(painting, heat, opacity=1.0).picture)
    assert 0 < faint.mean() < full.mean()


@pytest.mark.parametrize("paint", [overlay, difference])
def test_strokes_stay_visible_under_the_strongest_evidence(paint) -> None:
    stripes = np.full((60, 60, 3), 60, np.uint8)
    stripes[::2] = 200
    picture = paint(stripes, hill(60, 60, 30, 30, 1), opacity=1.0).picture.astype(int)
    assert picture[30, 30].sum() > picture[31, 30].sum() + 30


@pytest.mark.parametrize("paint", [overlay, difference])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5000), (700, 3)])
def test_any_size(paint, height: int, width: int) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    heat = np.linspace(-1, 1, height * width, dtype=np.float32).reshape(height, width)
    assert paint(picture, heat).picture.shape == picture.shape


@pytest.mark.parametrize("paint", [overlay, difference])
def test_wrong_arguments_are_refused(paint, grey: np.ndarray) -> None:
    heat = hill(300, 400, 60, 100, 1)
    with pytest.raises(ValueError, match="does not fit"):
        paint(grey, heat.T)
    with pytest.raises(ValueError, match="opacity"):
        paint(grey, heat, opacity=75)
    heat[0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        paint(grey, heat)
