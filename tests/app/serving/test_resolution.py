"""The working size, and resizing to the photograph: alone, and with the stylizer."""

import numpy as np
import pytest
from skimage import data

from app.colour import luma
from app.errors import UserError
from app.serving import resolution
from app.serving.resolution import NATIVE, STROKE_SIZES, resize_to_photograph, working_size
from app.serving.stylizer import Stylizer
from tests.app.serving.conftest import LARGE
from training.common.preprocessing import fit, resize

PHOTOGRAPH = resize(np.array(data.coffee()), 1503, 1001)

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
def test_the_stroke_size_sets_the_working_size(size, stroke_size, expected):
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
def test_the_result_has_exactly_the_photographs_size(width, height, stroke_size):
    photograph = noise(height, width)
    painted = resize(photograph, *working_size(width, height, stroke_size))
    result = resize_to_photograph(painted, photograph)
    assert (result.shape, result.dtype) == (photograph.shape, np.uint8)


def test_a_painting_of_the_right_size_is_returned_as_it_is():
    painted = noise(20, 30)
    assert resize_to_photograph(painted, noise(20, 30)) is painted


def test_a_flat_photograph_adds_nothing():
    painted = resize(data.coffee(), 150, 100)
    result = resize_to_photograph(painted, np.full((400, 600, 3), 77, np.uint8))
    np.testing.assert_array_equal(result, resize(painted, 600, 400))


def test_a_flat_painting_gets_no_detail():
    painted = np.full((100, 150, 3), (40, 90, 160), np.uint8)
    result = resize_to_photograph(painted, data.coffee())
    np.testing.assert_array_equal(result[::399, 0], painted[:2, 0])
    assert np.ptp(result, axis=(0, 1)).max() == 0


def test_a_photograph_painted_as_itself_is_sharper_than_enlarged():
    photograph = np.array(data.coffee())
    painted = resize(photograph, 150, 100)
    error, plain = (
        np.abs(light(photograph) - light(picture)).mean()
        for picture in (resize_to_photograph(painted, photograph), resize(painted, 600, 400))
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
    result = light(resize_to_photograph(painted, photograph))
    assert result.min() >= min(left, right) - BOUND
    assert result.max() <= max(left, right) + BOUND
    # Away from the edge by more than two painted pixels, nothing has changed at all.
    far = np.r_[0:244, 274:512]
    enlarged = light(resize(painted, 512, 256))
    assert np.abs(result - enlarged)[:, far].max() <= 1


@pytest.mark.parametrize(("left", "right"), [(60, 180), (180, 60)])
def test_an_edge_becomes_sharp_even_if_it_is_inverted(left, right):
    photograph = edge(256, 512, 10, 245)
    painted = resize(edge(256, 512, left, right), 128, 64)
    steps = [
        np.abs(np.diff(light(picture), axis=1)).max()
        for picture in (resize_to_photograph(painted, photograph), resize(painted, 512, 256))
    ]
    assert steps[0] > 2 * steps[1]


def test_noise_of_the_photograph_stays_within_the_paintings_range():
    photograph = edge(256, 512, 60, 180)
    speckled = photograph.copy()
    speckled[::2] -= 60  # Nothing of it is seen at a quarter.
    speckled[1::2] += 60
    painted = resize(photograph, 128, 64)
    result = light(resize_to_photograph(painted, speckled))
    assert result.min() >= light(painted).min() - BOUND
    assert result.max() <= light(painted).max() + BOUND


def test_hues_are_those_of_the_painting():
    photograph = np.zeros((400, 400, 3), np.uint8)
    photograph[..., 0] = data.coffee()[:, :400, 0]  # red only
    painted = resize(data.coffee()[:, :400, :1].repeat(3, 2), 100, 100)  # the same in grey
    result = resize_to_photograph(painted, photograph).astype(int)
    assert np.ptp(result, axis=2).max() <= 1
    assert np.abs(result - resize(painted, 400, 400)).max() > 10


def test_strips_give_the_same_as_one_piece(monkeypatch):
    photograph = noise(301, 260)
    painted = resize(255 - photograph, 87, 101)
    whole = resize_to_photograph(painted, photograph).astype(int)
    monkeypatch.setattr(resolution, "_STRIP", 37)
    assert np.abs(resize_to_photograph(painted, photograph) - whole).max() <= 1


def test_the_reduced_result_is_the_painting():
    photograph = np.array(data.astronaut())
    painted = resize(255 - data.astronaut()[..., ::-1], 128, 128)
    again = resize(resize_to_photograph(painted, photograph), 128, 128).astype(int)
    assert np.abs(again - painted).mean() < 3


# With the stylizer.


@pytest.mark.parametrize("stroke_size", [*STROKE_SIZES, 1, 1.3])
def test_strokes_are_painted_at_the_working_size_and_resized(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    width, height = working_size(450, 300, stroke_size, side=768)
    picture = fit(PHOTOGRAPH, 450)
    painting = stylizer.paint(picture, style, stroke_size=stroke_size)
    strokes = stylizer.run(resize(picture, width, height)[None], style[None])[0][0]
    np.testing.assert_array_equal(painting.strokes, strokes)
    np.testing.assert_array_equal(painting.picture, resize_to_photograph(strokes, picture))
    assert (painting.stroke_size, painting.tiles) == (stroke_size, 1)


def test_a_large_picture_is_painted_at_the_working_size(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    steps = list(stylizer.steps(PHOTOGRAPH, style))
    painting = steps[-1].painting
    assert painting.picture.shape == PHOTOGRAPH.shape
    assert painting.strokes.shape == (511, 768, 3)
    assert [(step.step, step.total) for step in steps] == [(1, 2), (2, 2)]
    np.testing.assert_array_equal(steps[0].picture, painting.strokes)


def test_a_large_picture_resembles_the_small_one_enlarged(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    small = fit(PHOTOGRAPH, 768)
    large, shown = (stylizer.paint(picture, style).picture for picture in (PHOTOGRAPH, small))
    reduced = fit(large, 768).astype(int)
    assert np.abs(reduced - shown).mean() < 4  # Random networks paint much that is fine.
    native = fit(stylizer.paint(PHOTOGRAPH, style, stroke_size=NATIVE).picture, 768).astype(int)
    assert np.abs(native - shown).mean() > 3 * np.abs(reduced - shown).mean()


def test_strokes_can_be_applied_to_the_photograph_in_another_size(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    small = fit(PHOTOGRAPH, 768)
    painting = stylizer.paint(small, style, strength=0.6)
    np.testing.assert_array_equal(painting.on(small), painting.picture)
    full = stylizer.paint(PHOTOGRAPH, style, strength=0.6, own=stylizer.encode(small)).picture
    assert np.abs(painting.on(PHOTOGRAPH).astype(int) - full).mean() < 0.5


@pytest.mark.parametrize("stroke_size", [*STROKE_SIZES, 1, NATIVE])
def test_at_strength_0_with_any_stroke_size_the_result_is_the_picture(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    painting = stylizer.paint(PHOTOGRAPH, style, strength=0, stroke_size=stroke_size)
    np.testing.assert_array_equal(painting.picture, PHOTOGRAPH)


@pytest.mark.parametrize("stroke_size", [0.5, 2])
def test_a_mask_keeps_the_full_resolution(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    mask = np.random.default_rng(0).random(PHOTOGRAPH.shape[:2]) > 0.5  # of single pixels
    options = {"mask": mask, "feather": 0, "stroke_size": stroke_size}
    masked = stylizer.paint(PHOTOGRAPH, style, **options).picture
    whole = stylizer.paint(PHOTOGRAPH, style, stroke_size=stroke_size).picture
    np.testing.assert_array_equal(masked, np.where(mask[..., None], whole, PHOTOGRAPH))


def test_a_preview_is_masked_too(stylizer: Stylizer, style: np.ndarray) -> None:
    mask = np.zeros(LARGE.shape[:2], bool)
    mask[:, :200] = True
    first, _ = stylizer.steps(LARGE, style, mask=mask, stroke_size=2)
    assert first.picture.shape == (269, 384, 3)
    np.testing.assert_array_equal(first.picture[:, 78:], resize(LARGE, 384, 269)[:, 78:])
    assert (first.picture[:, :70] != resize(LARGE, 384, 269)[:, :70]).mean() > 0.5


def test_fine_strokes_of_a_large_picture_are_painted_in_tiles(
    tiler: Stylizer, style: np.ndarray
) -> None:
    painting = tiler.paint(LARGE, style, stroke_size=0.5)
    assert painting.tiles > 6
    assert painting.strokes.shape == (1075, 1536, 3)
    assert painting.picture.shape == LARGE.shape
    assert tiler.paint(LARGE, style, stroke_size=2).tiles == 1


@pytest.mark.parametrize(("width", "height"), [(1, 1), (16, 16), (1, 5000), (3000, 2), (333, 47)])
@pytest.mark.parametrize("stroke_size", STROKE_SIZES)
def test_the_stylizer_keeps_every_size_with_any_stroke_size(
    stylizer: Stylizer, style: np.ndarray, width: int, height: int, stroke_size: float
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    painting = stylizer.paint(picture, style, strength=0.5, stroke_size=stroke_size)
    assert painting.picture.shape == picture.shape


def test_the_stylizer_refuses_other_stroke_sizes(stylizer: Stylizer, style: np.ndarray) -> None:
    with pytest.raises(UserError, match="stroke size"):
        stylizer.paint(LARGE, style, stroke_size=3)
