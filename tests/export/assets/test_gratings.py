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
    bandwidths,
    contrast,
    decode,
    encode,
    orientation_selectivity,
    preferred_frequencies,
    tune,
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
def test_stripes_have_their_orientation(orientation):
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


def test_every_combination_is_shown_once():
    found = list(all_gratings())
    assert len(set(found)) == len(found) == 1440
    assert found[0] == Grating(HUES[0], ORIENTATIONS[0], FREQUENCIES[0], PHASES[0])
    assert found[1].phase == PHASES[1]


def test_srgb_is_decoded_by_the_standards_formula():
    np.testing.assert_allclose(
        decode(np.array([0, 0.04045, 0.5, 1])), [0, 0.003131, 0.21404, 1], rtol=1e-3
    )
    values = np.linspace(0, 1, 256)
    np.testing.assert_allclose(encode(decode(values)), values, atol=1e-6)


ANGLES = np.radians(ORIENTATIONS)
OCTAVES = np.log2(FREQUENCIES)


def bell(centre: float, deviation: float) -> np.ndarray:
    return np.exp(-((OCTAVES - centre) ** 2) / (2 * deviation**2))


@pytest.mark.parametrize("preferred", [0, 20, 45, 90, 135, 179])
def test_a_cosine_s_selectivity_is_half_its_depth(preferred):
    """Of 1 + d cos 2(a - p), the circular variance is 1 - d / 2 (Ringach et al. 2002)."""
    depths = np.array([0.2, 0.6, 1.0])
    wave = np.cos(2 * (ANGLES - np.radians(preferred)))
    orientation, selectivity = orientation_selectivity(1 + depths[:, None] * wave)
    np.testing.assert_allclose((orientation - preferred + 90) % 180, 90, atol=1e-6)
    np.testing.assert_allclose(selectivity, depths / 2)


def test_the_ends_of_selectivity():
    one_only = np.eye(len(ORIENTATIONS))
    orientation, selectivity = orientation_selectivity(one_only)
    np.testing.assert_allclose(orientation, ORIENTATIONS, atol=1e-9)
    np.testing.assert_allclose(selectivity, 1)
    cross = one_only[[0]] + one_only[[6]]  # lying and standing alike: no direction
    for answers in (np.ones((1, 12)), np.zeros((1, 12)), cross):
        assert orientation_selectivity(answers)[1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("centre", [-2.2, -3.0, -4.4])
def test_the_preferred_frequency_lies_between_those_that_were_shown(centre):
    found = preferred_frequencies(bell(centre, 1.0)[None])
    assert np.log2(found[0]) == pytest.approx(centre, abs=0.05)


def test_at_the_end_of_the_range_the_end_is_preferred():
    falling = np.linspace(1, 0.1, len(FREQUENCIES))
    found = preferred_frequencies(np.stack([falling, falling[::-1]]))
    np.testing.assert_allclose(found, [FREQUENCIES[0], FREQUENCIES[-1]])


@pytest.mark.parametrize("deviation", [0.5, 0.8])
def test_a_bell_s_bandwidth_is_its_full_width_at_half_height(deviation):
    width = 2 * np.sqrt(2 * np.log(2)) * deviation
    assert bandwidths(bell(-3.5, deviation)[None])[0] == pytest.approx(width, abs=0.1)


def test_a_bandwidth_ends_with_the_range():
    assert bandwidths(np.ones((1, len(FREQUENCIES))))[0] == pytest.approx(4.5)
    assert bandwidths(bell(OCTAVES[0], 0.6)[None])[0] == pytest.approx(0.7, abs=0.1)


def answers(hues: tuple[float, float, float], *, phases: np.ndarray | None = None) -> np.ndarray:
    """Of one channel that prefers 90 degrees and 1/11 cycles a pixel, by hue."""
    directions = 1 + np.cos(2 * (ANGLES - np.pi / 2))
    phases = np.ones(4) if phases is None else phases
    parts = (np.array(hues), directions, bell(-3.5, 0.7), phases)
    return np.einsum("h,o,f,p->hofp", *parts)[..., None]


def test_everything_is_summed_up_at_the_preferred_hue():
    found = tune(answers((1.0, 3.0, 0.5)), np.array([2.0]))
    assert HUES[found.hue[0]] == "red-green"
    assert found.orientation[0] == pytest.approx(90)
    assert found.selectivity[0] == pytest.approx(0.5)
    assert found.frequency[0] == pytest.approx(2**-3.5, rel=0.01)
    assert found.colourfulness[0] == pytest.approx(0.75)
    assert found.drive[0] == pytest.approx(3 * 2 / 2)
    assert found.reliability[0] == pytest.approx(1)


def test_a_channel_without_colour_response_has_no_colourfulness():
    found = tune(answers((1.0, 0.0, 0.0)), np.array([1.0]))
    assert HUES[found.hue[0]] == "grey"
    assert found.colourfulness[0] == 0


def test_a_response_that_depends_on_the_phase_is_unreliable():
    noise = np.random.default_rng(0).random((3, 12, 10, 4, 1))
    assert abs(tune(noise, np.ones(1)).reliability[0]) < 0.2


def test_a_dead_channel_has_no_response():
    found = tune(np.zeros((3, 12, 10, 4, 1)), np.zeros(1))
    assert found.drive[0] == found.reliability[0] == found.selectivity[0] == 0
    assert all(np.isfinite(values).all() for values in vars(found).values())
