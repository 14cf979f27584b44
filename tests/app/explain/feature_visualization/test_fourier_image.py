"""The spectrum in place of pixels; the oracles are lucid's published formulas and NumPy."""

import numpy as np
import pytest
import torch
from skimage import data

from app.explain.feature_visualization.fourier_image import (
    COLOURS,
    FourierImage,
    amplitudes,
    colour_mixture,
    random_spectrum,
)


def lucid(spectrum: np.ndarray, decay: float) -> np.ndarray:
    """lucid/optvis/param/spatial.py: fft_image, and color.py: to_valid_rgb; [3,h,w]."""
    size = spectrum.shape[1]
    frequency = np.sqrt(np.fft.rfftfreq(size)[None] ** 2 + np.fft.fftfreq(size)[:, None] ** 2)
    scale = size / np.maximum(frequency, 1 / size) ** decay  # sqrt(w * h) is the side
    image = np.fft.irfft2(scale * (spectrum[..., 0] + 1j * spectrum[..., 1]), (size, size)) / 4
    root = np.array(COLOURS)
    mixed = np.tensordot(root / np.linalg.norm(root, axis=0).max(), image, 1)
    return 1 / (1 + np.exp(-mixed))


@pytest.mark.parametrize("decay", [1.0, 1.1])
def test_pictures_equal_those_of_lucid(decay):
    spectrum = random_spectrum(16, [3])
    ours = FourierImage(spectrum, decay).pictures()[0]
    theirs = lucid(spectrum[0].double().numpy(), decay)
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6)


def test_from_pictures_inverts_pictures():
    photograph = torch.tensor(data.astronaut()[:96, :96]).permute(2, 0, 1)[None]
    photograph = photograph.float() / 255 * 0.98 + 0.01
    image = FourierImage.from_pictures(photograph, 1.1)
    assert image.spectrum.shape == (1, 3, 96, 49, 2)
    torch.testing.assert_close(image.pictures(), photograph, atol=1e-4, rtol=0)


def test_amplitudes_fall_with_frequency_as_in_photographs():
    scale = amplitudes(64, 1.0)
    assert scale[0, 1] == pytest.approx(64)  # One wave in the picture,
    assert scale[0, 2] == pytest.approx(32)  # two,
    assert scale[4, 0] == pytest.approx(16)  # four,
    assert scale[0, 0] == scale[0, 1]  # and the mean counts as one.


def test_low_and_high_frequencies_of_a_photograph_differ_less_as_parameters():
    grey = torch.tensor(data.camera()[:256, :256]).float()[None, None].expand(1, 3, 256, 256)
    size = FourierImage.from_pictures(grey / 512 + 0.25).spectrum[0, 0].norm(dim=-1)
    fall = amplitudes(256, 1.0)
    low, high = (fall > 16) & (fall < 50), (fall > 2) & (fall < 6)

    def contrast(sizes):
        return sizes[low].mean() / sizes[high].mean()

    assert contrast(size) < contrast(size * fall) / 5


def test_independent_colours_are_correlated_in_rgb_as_in_imagenet():
    generator = torch.Generator().manual_seed(0)
    decorrelated = torch.randn((1, 3, 200, 200), generator=generator)
    mixed = FourierImage(random_spectrum(16, [0])).to_rgb(decorrelated).logit()
    mixture = colour_mixture()
    torch.testing.assert_close(
        torch.cov(mixed.flatten(2)[0]), mixture @ mixture.T, atol=0.02, rtol=0
    )


def test_the_colours_of_a_photograph_are_less_correlated_when_decorrelated():
    photograph = (
        torch.tensor(data.coffee()[:256, :256]).permute(2, 0, 1)[None].float() / 256 + 0.001
    )
    decorrelated = FourierImage.from_pictures(photograph).decorrelated()

    def correlation(pictures):
        return (torch.corrcoef(pictures.flatten(2)[0]).abs().sum() - 3) / 6

    assert correlation(decorrelated) < 0.6 * correlation(photograph)


def test_the_noise_of_a_seed_does_not_depend_on_the_rest_of_the_batch():
    both, alone = random_spectrum(16, [4, 9]), random_spectrum(16, [9])
    assert torch.equal(both[1], alone[0])
    assert not torch.equal(both[0], both[1])
