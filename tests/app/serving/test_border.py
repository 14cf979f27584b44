import numpy as np
import pytest

from app.serving.border import border_glow
from training.common.preprocessing import Box, letterbox

WHOLE = Box(0, 0, 192, 192)


@pytest.fixture
def sky_over_a_field() -> np.ndarray:
    """The upper half goes smoothly from one blue into another, in strokes; below are furrows."""
    picture = np.linspace((90, 140, 220), (170, 200, 240), 192)[:, None].repeat(192, 1)
    picture[96:] = np.where(np.arange(192) // 12 % 2, 60, 200)[:, None]
    picture += np.random.default_rng(0).normal(0, 12, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def evidence(*places: tuple[int, int], cells: int = 6) -> np.ndarray:
    """A map that is negative except for some cells, which are 1."""
    heat = np.full((cells, cells), -1, np.float32)
    for place in places:
        heat[place] = 1
    return heat


@pytest.mark.parametrize(
    ("places", "share"),
    [
        ([(0, 2), (0, 5)], 1),  # At the border of the sky.
        ([(1, 2)], 0),  # In the midst of the sky.
        ([(5, 2), (4, 0)], 0),  # At the border of the field.
        ([(0, 0), (1, 1), (3, 3), (5, 5)], 0.25),
        ([], 0),
    ],
)
def test_only_evidence_at_an_empty_border_counts(sky_over_a_field, places, share):
    assert border_glow(evidence(*places), sky_over_a_field, WHOLE) == pytest.approx(share)


def test_the_border_is_that_of_the_picture_inside_the_square(sky_over_a_field):
    square, box = letterbox(sky_over_a_field[:, :96])  # Cells 2 and 3 of each row show the picture.
    glow = [border_glow(evidence((2, column)), square, box) for column in range(6)]
    assert glow == [0, 0, 1, 1, 0, 0]  # What the network sees in the bars is on no heat map.


def test_a_uniformly_empty_painting_has_no_border_glow():
    field = np.linspace((90, 140, 220), (170, 200, 240), 192)[:, None].repeat(192, 1)
    assert border_glow(evidence((0, 2)), field.astype(np.uint8), WHOLE) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (700, 3)])
def test_any_size(shape):
    square, box = letterbox(np.full((*shape, 3), 200, np.uint8))
    assert 0 <= border_glow(np.ones((6, 6), np.float32), square, box) <= 1
