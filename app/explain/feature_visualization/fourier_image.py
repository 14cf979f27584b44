"""What is optimized in place of pixels: a spectrum, in colours that vary independently.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017. In this basis all
frequencies and colours are as easily changed as each other, as far as photographs have them; in
pixels the steepest ascent is high-frequency noise.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""A root of the covariance of ImageNet's RGB pixels (lucid's): each column is one independent
colour, from the one that varies most, light and dark, to the one that varies least."""

INITIAL_DEVIATION = 0.01
"""Of the random spectrum that a picture begins with: close to middle grey."""

SPECTRUM_SCALE = 4.0
"""Lucid divides by it, so that its learning rates mean the same here."""


class FourierImage:
    """N square pictures as spectra. They repeat beyond their edges, without seams.

    With the spectrum s, amplitudes a(f) = max(f, 1 / size) ** -decay and the root C of the
    covariance of colours, the pictures are sigmoid(C irfft2(a s) / 4).

    Attributes:
        spectrum: the parameters, float32 [N,3,size,size//2+1,2]; real and imaginary parts.

    Args:
        spectrum: where to start; see `random_spectrum`.
        decay: power with which amplitudes fall with frequency; 1 is that of photographs.

    Example:
        >>> image = FourierImage(random_spectrum(16, seeds=[0]).requires_grad_())
        >>> image.pictures().mean().backward()
        >>> image.spectrum.grad.shape
        torch.Size([1, 3, 16, 9, 2])
    """

    def __init__(self, spectrum: Tensor, decay: float = 1.0) -> None:
        self.spectrum = spectrum
        self.size = spectrum.shape[2]
        self.decay = decay
        self._scale = amplitudes(self.size, decay).to(spectrum.device)
        self._mixture = colour_mixture().to(spectrum.device)

    def decorrelated(self, spectrum: Tensor | None = None) -> Tensor:
        """Independent colours by place, unbounded float32 [N,3,size,size]."""
        spectrum = self.spectrum if spectrum is None else spectrum
        waves = torch.view_as_complex(spectrum) * self._scale
        sides = (self.size, self.size)
        return torch.fft.irfft2(waves, sides, norm="ortho") / SPECTRUM_SCALE

    def to_rgb(self, decorrelated: Tensor) -> Tensor:
        """Independent colours as RGB float32 [N,3,size,size] in (0,1)."""
        return torch.einsum("rc,nchw->nrhw", self._mixture, decorrelated).sigmoid()

    def pictures(self, spectrum: Tensor | None = None) -> Tensor:
        """RGB float32 [N,3,size,size] in (0,1); of another spectrum, if given."""
        return self.to_rgb(self.decorrelated(spectrum))

    @classmethod
    def from_pictures(cls, pictures: Tensor, decay: float = 1.0) -> "FourierImage":
        """The spectra of given pictures, RGB float [N,3,S,S] strictly inside (0,1)."""
        size = pictures.shape[2]
        mixed = torch.logit(pictures.float())
        inverse = torch.linalg.inv(colour_mixture()).to(pictures.device)
        decorrelated = torch.einsum("cr,nrhw->nchw", inverse, mixed) * SPECTRUM_SCALE
        scale = amplitudes(size, decay).to(decorrelated.device)
        waves = torch.fft.rfft2(decorrelated, norm="ortho") / scale
        return cls(torch.view_as_real(waves), decay)


def random_spectrum(size: int, seeds: Sequence[int]) -> Tensor:
    """A spectrum to start from for each seed, float32 [N,3,size,size//2+1,2], on the CPU."""
    shape = (3, size, size // 2 + 1, 2)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    noise = torch.stack([torch.randn(shape, generator=each) for each in generators])
    return INITIAL_DEVIATION * noise


def amplitudes(size: int, decay: float) -> Tensor:
    """What a parameter is multiplied by, by frequency: float32 [size,size//2+1].

    The lowest frequencies count as one wave in the picture.
    """
    down, across = torch.fft.fftfreq(size), torch.fft.rfftfreq(size)
    frequency = torch.hypot(down[:, None], across[None, :]).clamp(min=1 / size)
    return frequency**-decay


def colour_mixture() -> Tensor:
    """From independent colours to RGB, float32 [3,3]; its longest column has length 1."""
    colours = torch.tensor(COLOURS)
    return colours / colours.norm(dim=0).max()
