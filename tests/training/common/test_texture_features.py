"""Measurements of known pictures: gratings, steps, noise, grey."""

import math

import cv2
import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2lab

from training.common.texture_features.direction import alignment, coherence, directions, field
from training.common.texture_features.measures import (
    MEASURES,
    brightness,
    coarseness,
    colourfulness,
    contrast,
    measure,
    softness,
    warmth,
)
from training.common.texture_features.palette import Swatch, gather, palette
from training.common.texture_features.working_picture import WORKING_SIDE, WorkingPicture

ODD_SIZES = ((1, 1), (1, 5000), (5000, 1), (2, 3), (40, 900))


def grey(values: np.ndarray) -> WorkingPicture:
    """A picture of lightness 0..1."""
    levels = np.rint(255 * values.clip(0, 1)).astype(np.uint8)
    return WorkingPicture(np.stack([levels] * 3, -1))


def stripes(degrees: float, period: float = 12, side: int = 128) -> WorkingPicture:
    """Stripes that run this way, counter-clockwise from the level."""
    y, x = np.mgrid[:side, :side]
    across = x * math.sin(math.radians(degrees)) + y * math.cos(math.radians(degrees))
    return grey(0.5 + 0.4 * np.sin(2 * math.pi * across / period))


def noise(side: int = 128) -> WorkingPicture:
    return grey(np.random.default_rng(0).normal(0.5, 0.15, (side, side)))


def plain(red: int, green: int, blue: int) -> WorkingPicture:
    return WorkingPicture(np.full((20, 30, 3), (red, green, blue), np.uint8))


def test_pictures_are_shrunk_to_one_size_and_never_enlarged():
    assert WorkingPicture.of(np.zeros((400, 600, 3), np.uint8)).picture.shape == (
        149,
        WORKING_SIDE,
        3,
    )
    assert WorkingPicture.of(np.zeros((40, 60, 3), np.uint8)).picture.shape == (40, 60, 3)


def test_lab_is_scikit_image_s():
    picture = data.coffee()[::20, ::20]
    np.testing.assert_allclose(
        WorkingPicture(picture).lab, rgb2lab(picture), atol=0.5
    )  # OpenCV has tables.


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 120, 170])
def test_stripes_run_the_way_they_were_drawn(degrees):
    angle, certainty, _ = field(stripes(degrees).lightness)
    middle = (slice(30, -30), slice(30, -30))
    away = (np.degrees(angle[middle]) - degrees + 90) % 180 - 90
    assert np.abs(away).max() < 2
    assert certainty[middle].min() > 0.98


def test_the_commonest_direction_is_the_stripes():
    assert directions(stripes(30)).argmax() == 2
    assert directions(stripes(90)).argmax() == 6
    assert directions(stripes(178)).argmax() == 0
    assert directions(noise()).sum() == pytest.approx(1)
    assert directions(plain(9, 9, 9)).sum() == 0


def test_coherence_is_not_the_same_as_alignment():
    y, x = np.mgrid[-64:64, -64:64]
    rings = grey(0.5 + 0.4 * np.sin(np.hypot(x, y)))
    assert coherence(rings) > 0.9
    assert alignment(rings) < 0.1
    assert coherence(stripes(20)) > 0.95
    assert alignment(stripes(20)) > 0.95
    assert coherence(noise()) < 0.35
    assert alignment(noise()) < 0.1


def test_larger_checks_are_coarser():
    def checks(size: int) -> WorkingPicture:
        y, x = np.mgrid[:192, :192] // size
        return grey(((x + y) % 2).astype(float))

    sizes = [coarseness(checks(size)) for size in (2, 4, 8, 16, 32)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 3 * sizes[0]
    assert math.isnan(coarseness(plain(90, 90, 90)))


@pytest.mark.parametrize("blur", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("degrees", [0, 35, 90])
def test_a_blurred_step_is_as_wide_as_its_blur(blur, degrees):
    y, x = np.mgrid[-100:100, -100:100]
    across = x * math.sin(math.radians(degrees)) + y * math.cos(math.radians(degrees))
    step = cv2.GaussianBlur(np.where(across > 0, 80, 20).astype(np.float32), (0, 0), blur)
    working = WorkingPicture(np.zeros((200, 200, 3), np.uint8))
    working.__dict__["lab"] = np.stack([step] * 3, -1)
    # Rise by slope of a Gaussian's integral; 1 is what smoothing and differences add.
    wide = math.sqrt(2 * math.pi * (blur**2 + 1))
    assert softness(working) * 2 == pytest.approx(wide, rel=0.07)  # Slanted steps have stairs.


def test_without_an_edge_softness_is_nan():
    assert math.isnan(softness(plain(90, 90, 90)))
    assert math.isnan(softness(WorkingPicture(np.zeros((1, 1, 3), np.uint8))))


def test_light_and_contrast_are_the_mean_and_deviation_of_lightness():
    half = np.zeros((10, 20, 3), np.uint8)
    half[:, 10:] = 255
    assert contrast(WorkingPicture(half)) == pytest.approx(50, abs=0.01)
    assert brightness(WorkingPicture(half)) == pytest.approx(50, abs=0.01)
    assert contrast(plain(70, 80, 90)) == pytest.approx(0, abs=1e-4)


def test_colourfulness_is_hasler_and_suesstrunk_s():
    picture = np.random.default_rng(0).integers(0, 256, (50, 60, 3)).astype(np.uint8)
    red, green, blue = (picture[..., axis].astype(float) for axis in range(3))
    one, other = red - green, 0.5 * (red + green) - blue
    spread = math.sqrt(one.var() + other.var())
    mean = math.sqrt(one.mean() ** 2 + other.mean() ** 2)
    assert colourfulness(WorkingPicture(picture)) == pytest.approx(spread + 0.3 * mean, rel=1e-4)
    assert colourfulness(plain(90, 90, 90)) == 0


def test_orange_is_warm_blue_is_cool_and_grey_is_between():
    assert warmth(plain(90, 90, 90)) == pytest.approx(-0.5, abs=0.01)
    assert warmth(plain(255, 130, 20)) > 0.5 > -1 > warmth(plain(30, 60, 220))
    # By hand from Ou et al.: L*a*b* of pure red is 53, 80, 67.
    chroma, hue = math.hypot(80.1, 67.2), math.atan2(67.2, 80.1)
    by_hand = -0.5 + 0.02 * chroma**1.07 * math.cos(hue - math.radians(50))
    assert warmth(plain(255, 0, 0)) == pytest.approx(by_hand, abs=0.02)


def test_a_palette_finds_the_colours_and_their_shares():
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:6], picture[6:9], picture[9:] = (200, 30, 30), (30, 30, 200), (240, 240, 230)
    found = palette(WorkingPicture(picture))
    assert [swatch.share for swatch in found] == pytest.approx([0.6, 0.3, 0.1])
    for swatch, colour in zip(found, [(200, 30, 30), (30, 30, 200), (240, 240, 230)], strict=True):
        assert np.abs(np.subtract(swatch.colour, colour)).max() <= 2
    assert len(palette(plain(5, 99, 7))) == 1


def test_a_palette_is_the_same_every_time_and_sums_to_the_whole():
    working = WorkingPicture.of(data.coffee())
    first = palette(working)
    assert first == palette(working)
    assert len(first) == 6
    assert sum(swatch.share for swatch in first) == pytest.approx(1)


def test_palettes_are_gathered_by_their_shares():
    red, blue = Swatch((200, 30, 30), 0.75), Swatch((30, 30, 200), 0.25)
    assert [swatch.share for swatch in gather([red, blue, red, blue])] == [0.75, 0.25]


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_every_size_can_be_measured(size, kind):
    picture = np.full((*size, 3), 128, np.uint8)
    if kind == "noise":
        picture = np.random.default_rng(1).integers(0, 256, picture.shape).astype(np.uint8)
    with np.errstate(all="raise"):
        numbers = measure(picture)
    assert list(numbers) == [each.name for each in MEASURES]
    assert not any(math.isinf(number) for number in numbers.values())
    assert palette(WorkingPicture.of(picture))


def test_a_picture_measures_nearly_the_same_at_every_resolution(painting):
    small = cv2.resize(painting, (300, 200), interpolation=cv2.INTER_AREA)
    for (name, one), other in zip(measure(painting).items(), measure(small).values(), strict=True):
        assert other == pytest.approx(one, rel=0.1, abs=0.02), name


def test_numbers_are_written_as_people_read_them():
    warm, coarse = (next(m for m in MEASURES if m.name == n) for n in ("warmth", "coarseness"))
    assert warm.write(-0.267) == "\N{MINUS SIGN}0.27"
    assert coarse.write(8.55) == "8.6\N{NO-BREAK SPACE}%"
