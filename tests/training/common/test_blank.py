"""Blank pictures are found; sparse paintings, drawn here as museums show them, are not blank."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.examples import EXAMPLES
from training.common.blank import LEAST_SIDE, blank, spectral_flatness
from training.common.preprocessing import resize

HEIGHT, WIDTH = 300, 400
DOWN, ACROSS = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]


def grey(levels: np.ndarray) -> np.ndarray:
    """float [H,W], 0..255 -> uint8 RGB [H,W,3]."""
    return np.repeat(np.clip(levels, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


def as_jpeg(picture: np.ndarray, quality: int = 75) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def canvas(picture: np.ndarray) -> np.ndarray:
    """A picture with brush strokes: what a photograph of the flattest painted surface shows."""
    strokes = np.random.default_rng(1).normal(size=(HEIGHT // 5, WIDTH // 20))
    relief = 4 * resize(grey(128 + 40 * strokes), WIDTH, HEIGHT).astype(float) / 40
    return np.clip(picture + relief - relief.mean(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 20, 20), (253, 250, 244)])
def test_one_colour_is_blank(colour):
    sheet = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    assert blank(sheet) == blank(as_jpeg(sheet)) == "plain"


@pytest.mark.parametrize(
    "levels",
    [
        255 * ACROSS,
        127 * (ACROSS + DOWN),
        255 / (1 + np.exp(6 - 12 * ACROSS)),
        240 - 200 * (DOWN - 0.5) ** 2,
    ],
)
def test_a_gradient_is_blank(levels):
    assert blank(grey(levels)) == blank(as_jpeg(grey(levels))) == "plain"


def test_a_photograph_of_a_white_sheet_is_blank():
    """Lit from one side, and noisy as a phone's sensor is."""
    sheet = 225 - 30 * resize(grey(255 * ACROSS), 1600, 1200).astype(float) / 255
    sheet += np.random.default_rng(0).normal(0, 5, sheet.shape)
    assert blank(as_jpeg(np.clip(sheet, 0, 255).astype(np.uint8), 90)) == "plain"


@pytest.mark.parametrize("shape", [(64, 64), (192, 192), (300, 400), (1000, 1200)])
def test_noise_is_blank(shape):
    noise = random(*shape)
    assert blank(noise) == blank(as_jpeg(noise)) == "noise"
    black_and_white = np.where(noise[..., :1] > 127, 255, 0).astype(np.uint8).repeat(3, 2)
    assert blank(black_and_white) == "noise"


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (LEAST_SIDE - 1, 900)])
def test_tiny_pictures_are_blank(shape):
    assert blank(random(*shape)) == "small"


def test_the_smallest_picture_that_is_read():
    assert blank(resize(data.coffee(), 72, LEAST_SIDE)) is None


def zip_on_red() -> np.ndarray:
    """As Newman's: one field, one narrow stripe."""
    picture = np.full((HEIGHT, WIDTH, 3), (170, 25, 30), np.uint8)
    picture[:, 120:126] = (235, 225, 205)
    return picture


def black_square() -> np.ndarray:
    """As Malevich's."""
    picture = np.full((HEIGHT, WIDTH, 3), (232, 226, 212), np.uint8)
    picture[40:260, 90:310] = (25, 22, 22)
    return picture


def two_soft_fields() -> np.ndarray:
    """As Rothko's: edges that pass slowly into each other."""
    edge = 1 / (1 + np.exp(-(DOWN - 0.55) * 60)) * np.clip(12 * (0.5 - abs(ACROSS - 0.5)), 0, 1)
    colours = np.array((190, 60, 40)) + edge[..., None] * np.array((-110, -40, 20))
    return colours.astype(np.uint8)


def white_on_white() -> np.ndarray:
    """As Ryman's: nothing but strokes."""
    return canvas(np.full((HEIGHT, WIDTH, 3), 235, np.uint8))


@pytest.mark.parametrize("paint", [zip_on_red, black_square, two_soft_fields, white_on_white])
def test_sparse_paintings_are_not_blank(paint):
    assert blank(paint()) is None
    assert blank(as_jpeg(canvas(paint()))) is None


@pytest.mark.parametrize("stripe", [2, 6, 20])
def test_patterns_are_not_blank(stripe):
    stripes = np.where((np.arange(WIDTH) // stripe) % 2, 255, 0)[None].repeat(HEIGHT, 0)
    board = np.add.outer(np.arange(HEIGHT) // 25, np.arange(WIDTH) // 25) % 2
    for levels in (stripes, 255 * board):
        assert blank(grey(levels)) is None


def test_examples_are_not_blank():
    for picture in (data.coffee(), data.chelsea(), data.astronaut(), *(e.read() for e in EXAMPLES)):
        assert blank(picture) is None


def test_the_flatness_of_white_noise_is_the_published_value():
    noise = np.random.default_rng(0).normal(size=(200, 200, 1))
    assert spectral_flatness(noise) == pytest.approx(np.exp(-np.euler_gamma), abs=0.01)
    assert spectral_flatness(np.cumsum(np.cumsum(noise, 0), 1)) < 0.05
