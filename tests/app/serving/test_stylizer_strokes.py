"""Pictures that are painted at another size than their own."""

import numpy as np
import pytest
from skimage import data

from app.errors import UserError
from app.serving.resolution import NATIVE, STROKE_SIZES, bring_to_size, working_size
from app.serving.stylizer import Stylizer
from tests.app.serving.conftest import LARGE
from training.common.preprocessing import fit, resize

PHOTOGRAPH = resize(np.array(data.coffee()), 1503, 1001)


@pytest.mark.parametrize("stroke_size", [*STROKE_SIZES, 1, 1.3])
def test_strokes_are_painted_at_their_size_and_brought_to_the_picture_s(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    width, height = working_size(450, 300, stroke_size, side=768)
    picture = fit(PHOTOGRAPH, 450)
    painting = stylizer.paint(picture, style, stroke_size=stroke_size)
    strokes = stylizer.run(resize(picture, width, height)[None], style[None])[0][0]
    np.testing.assert_array_equal(painting.strokes, strokes)
    np.testing.assert_array_equal(painting.picture, bring_to_size(strokes, picture))
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


def test_a_large_picture_is_the_small_one_enlarged(stylizer: Stylizer, style: np.ndarray) -> None:
    small = fit(PHOTOGRAPH, 768)
    large, shown = (stylizer.paint(picture, style).picture for picture in (PHOTOGRAPH, small))
    reduced = fit(large, 768).astype(int)
    assert np.abs(reduced - shown).mean() < 4  # Random networks paint much that is fine.
    native = fit(stylizer.paint(PHOTOGRAPH, style, stroke_size=NATIVE).picture, 768).astype(int)
    assert np.abs(native - shown).mean() > 3 * np.abs(reduced - shown).mean()


def test_a_painting_can_be_laid_on_the_photograph_in_another_size(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    small = fit(PHOTOGRAPH, 768)
    painting = stylizer.paint(small, style, strength=0.6)
    np.testing.assert_array_equal(painting.on(small), painting.picture)
    full = stylizer.paint(PHOTOGRAPH, style, strength=0.6, own=stylizer.encode(small)).picture
    assert np.abs(painting.on(PHOTOGRAPH).astype(int) - full).mean() < 0.5


@pytest.mark.parametrize("stroke_size", [*STROKE_SIZES, 1, NATIVE])
def test_without_strength_the_picture_itself_comes_back(
    stylizer: Stylizer, style: np.ndarray, stroke_size: float
) -> None:
    painting = stylizer.paint(PHOTOGRAPH, style, strength=0, stroke_size=stroke_size)
    np.testing.assert_array_equal(painting.picture, PHOTOGRAPH)


@pytest.mark.parametrize("stroke_size", [0.5, 2])
def test_a_mask_s_edge_is_the_picture_s_own(
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


def test_fine_strokes_are_painted_in_tiles_where_they_must(
    tiler: Stylizer, style: np.ndarray
) -> None:
    painting = tiler.paint(LARGE, style, stroke_size=0.5)
    assert painting.tiles > 6
    assert painting.strokes.shape == (1075, 1536, 3)
    assert painting.picture.shape == LARGE.shape
    assert tiler.paint(LARGE, style, stroke_size=2).tiles == 1


@pytest.mark.parametrize(("width", "height"), [(1, 1), (16, 16), (1, 5000), (3000, 2), (333, 47)])
@pytest.mark.parametrize("stroke_size", STROKE_SIZES)
def test_every_size_is_kept(
    stylizer: Stylizer, style: np.ndarray, width: int, height: int, stroke_size: float
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    painting = stylizer.paint(picture, style, strength=0.5, stroke_size=stroke_size)
    assert painting.picture.shape == picture.shape


def test_other_stroke_sizes_are_refused(stylizer: Stylizer, style: np.ndarray) -> None:
    with pytest.raises(UserError, match="stroke size"):
        stylizer.paint(LARGE, style, stroke_size=3)
