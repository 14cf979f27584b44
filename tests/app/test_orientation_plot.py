import math

import numpy as np
import pytest

from app.orientation_plot import STROKE_SIDE, draw_orientations, measure_field
from training.common.texture_features.direction import field
from training.common.texture_features.working_picture import to_lab


def stripes(degrees: float, width: int = 320, height: int = 240) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    across = x * math.sin(math.radians(degrees)) + y * math.cos(math.radians(degrees))
    grey = (128 + 100 * np.sin(across / 3)).astype(np.uint8)
    return np.stack([grey] * 3, -1)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (30, 40), (600, 400)])
def test_a_drawing_is_as_large_as_its_picture(size):
    picture = np.full((*size, 3), 90, np.uint8)
    drawn = draw_orientations(picture)
    assert (drawn.shape, drawn.dtype) == (picture.shape, np.uint8)


def test_the_same_picture_gives_the_same_drawing(painting):
    before = painting.copy()
    assert np.array_equal(draw_orientations(painting), draw_orientations(painting))
    assert np.array_equal(painting, before)


@pytest.mark.parametrize("degrees", [0, 40, 90, 130])
def test_strokes_have_the_orientation_of_the_picture(degrees):
    drawn = draw_orientations(stripes(degrees))
    angle, certainty, energy = field(np.ascontiguousarray(to_lab(drawn)[..., 0]), window=6)
    weight = certainty * energy
    mean = (weight * np.exp(2j * angle)).sum()
    away = (math.degrees(np.angle(mean)) / 2 - degrees + 90) % 180 - 90
    assert abs(away) < 5


def test_strokes_have_the_colours_of_the_picture():
    picture = stripes(0)
    picture[:, :160] = picture[:, :160] // 4 + np.array([180, 0, 0], np.uint8)
    picture[:, 160:] = picture[:, 160:] // 4 + np.array([0, 0, 180], np.uint8)
    drawn = draw_orientations(picture).astype(int)
    left, right = drawn[:, 20:140].mean((0, 1)), drawn[:, 180:300].mean((0, 1))
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50


def test_without_orientation_the_paper_stays_pale():
    dark = np.full((240, 320, 3), 20, np.uint8)
    assert draw_orientations(dark).mean() > 100 > draw_orientations(stripes(30) // 4).mean()


def test_the_field_is_measured_at_one_size(painting):
    angle, coherence, _ = measure_field(painting)
    assert angle.shape == (320, STROKE_SIDE)
    assert 0 <= angle.min() <= angle.max() <= math.pi
    assert 0 <= coherence.min() <= coherence.max() <= 1
