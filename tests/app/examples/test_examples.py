import numpy as np
import pytest

from app.examples import EXAMPLES
from app.examples.render import PAINTINGS, SEED
from app.examples.stroke_renderer import Brushstrokes, along_edges, paint


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_every_example_is_a_colour_picture_with_a_label(example):
    picture = example.read()
    assert picture.dtype == np.uint8
    assert min(picture.shape[:2]) >= 300
    assert picture.std() > 20
    assert example.title
    assert example.made.endswith(".")


def test_the_shipped_pictures_are_what_the_program_paints():
    (shipped,) = (example for example in EXAMPLES if example.file == "fields.webp")
    painted = PAINTINGS["fields"](np.random.default_rng(SEED))
    assert np.abs(shipped.read().astype(float) - painted).mean() < 4


def test_painting_is_repeatable_and_resembles_the_motif(painting):
    motif = painting[::4, ::4].copy()
    hand = Brushstrokes((8, 4), stretch=2, wobble=5, broken=3, care=8)
    once, again = (
        paint(motif, along_edges(motif), hand, np.random.default_rng(1)) for _ in range(2)
    )
    np.testing.assert_array_equal(once, again)
    assert once.shape == motif.shape
    blank = np.abs(motif.astype(float) - motif.mean((0, 1))).mean()
    assert np.abs(motif.astype(float) - once).mean() < blank / 2


def test_strokes_follow_an_edge():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = 255
    upright = np.abs(np.sin(along_edges(picture)[:, 32]))
    assert upright.min() > 0.99
