"""What is optimised in place of pixels: a spectrum in colours that vary independently.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017. In this basis all
frequencies and colours are as easily changed as each other, as far as photographs have them; in
pixels the steepest way up is high-frequency noise.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""A root of the covariance of ImageNet's RGB pixels (lucid's): each column is one independent
colour, from the one that varies most, light and dark, to the one that varies least."""

DEVIATION = 0.01
"""Of the random spectrum that a canvas begins with: close to middle grey."""

LOUDNESS = 4.0
"""Lucid divides by it, so that its learning rates mean the same here."""


class FourierImage:
    """N square pictures as spectra. They repeat beyond their edges, without seams.

    Attributes:
        spectrum: the parameters, float32 [N,3,size,size//2+1,2]; real and imaginary parts.

    Args:
        spectrum: where to start; see `random_spectrum`.
        decay: power with which amplitudes fall with frequency; 1 is that of photographs.
    """

    def __init__(self, spectrum: Tensor, decay: float = 1.0) -> None:
        self.spectrum = spectrum
        self.size = spectrum.shape[2]
        self.decay = decay
        self._scale = amplitudes(self.size, decay).to(spectrum.device)
        self._mixture = colour_mixture().to(spectrum.device)

    def plane(self, spectrum: Tensor | None = None) -> Tensor:
        """Independent colours by place, unbounded float32 [N,3,size,size]."""
        spectrum = self.spectrum if spectrum is None else spectrum
        waves = torch.view_as_complex(spectrum) * self._scale
        sides = (self.size, self.size)
        return torch.fft.irfft2(waves, sides, norm="ortho") / LOUDNESS

    def colours(self, plane: Tensor) -> Tensor:
        """The plane as RGB float32 [N,3,size,size] in (0,1)."""
        return torch.einsum("rc,nchw->nrhw", self._mixture, plane).sigmoid()

    def pictures(self, spectrum: Tensor | None = None) -> Tensor:
        """RGB float32 [N,3,size,size] in (0,1); of other spectra, if given."""
        return self.colours(self.plane(spectrum))

    @classmethod
    def of(cls, pictures: Tensor, decay: float = 1.0) -> "FourierImage":
        """The canvas that shows given pictures, RGB float [N,3,S,S] strictly inside (0,1)."""
        size = pictures.shape[2]
        mixed = torch.logit(pictures.float())
        inverse = torch.linalg.inv(colour_mixture()).to(pictures.device)
        plane = torch.einsum("cr,nrhw->nchw", inverse, mixed) * LOUDNESS
        waves = torch.fft.rfft2(plane, norm="ortho") / amplitudes(size, decay).to(plane.device)
        return cls(torch.view_as_real(waves), decay)


def random_spectrum(size: int, seeds: Sequence[int]) -> Tensor:
    """A spectrum to start from for each seed, float32 [N,3,size,size//2+1,2], on the CPU."""
    shape = (3, size, size // 2 + 1, 2)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return DEVIATION * torch.stack([torch.randn(shape, generator=each) for each in generators])


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
