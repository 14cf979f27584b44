import numpy as np
import pytest

from export.assets.gratings import (
    FREQUENCIES,
    GREY,
    HUES,
    ORIENTATIONS,
    PHASES,
    RMS,
    Grating,
    all_gratings,
    contrast,
    decode,
    encode,
)

LUMINANCE = np.array((0.2126, 0.7152, 0.0722))  # Rec. 709


@pytest.mark.parametrize("hue", HUES)
def test_all_hues_have_the_same_contrast_for_the_network(hue):
    picture = Grating(hue, 30, 1 / 12, 0).draw(240).astype(float)
    assert np.sqrt(np.mean((picture - GREY) ** 2)) == pytest.approx(RMS, rel=0.02)
    assert contrast(hue) <= 1  # else dark stripes would be cut off


@pytest.mark.parametrize("hue", HUES)
def test_the_mean_light_is_that_of_plain_grey(hue):
    light = decode(Grating(hue, 90, 1 / 16, 0).draw(192) / 255)
    np.testing.assert_allclose(light.mean((0, 1)), decode(GREY / 255), rtol=0.01)


@pytest.mark.parametrize("hue", [hue for hue in HUES if hue != "grey"])
def test_colours_are_of_one_luminance(hue):
    luminance = decode(Grating(hue, 45, 1 / 20, 0).draw() / 255) @ LUMINANCE
    np.testing.assert_allclose(luminance, decode(GREY / 255), rtol=0.02)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_stripes_stand_as_they_are_said_to(orientation):
    """The Fourier transform's peak lies across the stripes; 45 degrees rise to the right."""
    picture = Grating("grey", orientation, 1 / 8, 40).draw(192)[..., 0].astype(float)
    power = np.abs(np.fft.fft2(picture - picture.mean(), s=(768, 768)))
    down, right = np.unravel_index(power[:384].argmax(), (384, 768))
    y, x = np.fft.fftfreq(768)[[down, right]]
    assert np.hypot(x, y) == pytest.approx(1 / 8, rel=0.02)
    across = np.degrees(np.arctan2(-y, x))  # rows run downwards
    assert (across + 90 - orientation + 2) % 180 == pytest.approx(2, abs=1.5)


def test_a_rising_stripe_rises():
    picture = Grating("grey", 45, 1 / 24, 0).draw(97)[..., 0].astype(int)
    for step in (8, 16, 24):
        assert picture[48, 48] == picture[48 - step, 48 + step]


def test_opposite_phases_mirror_each_other():
    one, other = (Grating("grey", 60, 1 / 16, phase).draw() for phase in (0, 180))
    light = decode(one / 255) + decode(other / 255)
    np.testing.assert_allclose(light, 2 * decode(GREY / 255), atol=0.01)


def test_every_combination_comes_once():
    found = list(all_gratings())
    assert len(set(found)) == len(found) == 1440
    assert found[0] == Grating(HUES[0], ORIENTATIONS[0], FREQUENCIES[0], PHASES[0])
    assert found[1].phase == PHASES[1]


def test_srgb_is_decoded_as_the_standard_says():
    np.testing.assert_allclose(
        decode(np.array([0, 0.04045, 0.5, 1])), [0, 0.003131, 0.21404, 1], rtol=1e-3
    )
    values = np.linspace(0, 1, 256)
    np.testing.assert_allclose(encode(decode(values)), values, atol=1e-6)
