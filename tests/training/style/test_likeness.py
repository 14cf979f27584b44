import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.color import rgb2lab

from training.style.likeness import (
    added_strokes,
    colour_leak,
    likeness_loss,
    stroke_likeness,
)


def picture(seed, size=48):
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed))


def grey_noise(seed, size=48):
    noise = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(seed))
    return 0.1 * noise.expand(-1, 3, -1, -1)


def test_strokes_are_scipys_high_pass_less_the_photographs_own():
    photograph, painted = picture(0), picture(1)

    def high(image):
        grey = np.tensordot([0.299, 0.587, 0.114], image[0].double().numpy(), 1)
        part = (grey - gaussian_filter(grey, 4, mode="mirror")).ravel()
        return part - part.mean()

    edges, strokes = high(photograph), high(painted)
    expected = strokes - edges * (strokes @ edges) / (edges @ edges)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(added_strokes(photograph, painted)[0].numpy(), expected, atol=1e-4)


def test_likeness_is_one_for_the_same_strokes_and_zero_for_others():
    photograph = picture(0) * 0.2 + 0.4
    same = torch.cat([photograph + grey_noise(1), photograph + 0.5 * grey_noise(1)])
    others = torch.cat([photograph + grey_noise(1), photograph + grey_noise(2)])
    assert stroke_likeness(photograph, same) == pytest.approx(1, abs=1e-3)
    assert abs(stroke_likeness(photograph, others)) < 0.1


def test_a_photograph_with_more_contrast_has_no_strokes_in_common():
    photograph = picture(0) * 0.2 + 0.4
    louder = (photograph - 0.5) * 1.5 + 0.5
    assert added_strokes(photograph, louder).square().sum() < 1.01
    assert abs(stroke_likeness(photograph, torch.cat([louder, photograph + grey_noise(3)]))) < 0.1


def test_the_loss_counts_only_neighbours_in_different_styles():
    photograph = picture(0) * 0.2 + 0.4
    alike = torch.cat([photograph + grey_noise(1)] * 2)
    four = torch.cat([alike, photograph + grey_noise(2), photograph + grey_noise(3)])
    photographs = photograph.expand(4, -1, -1, -1)
    first, second, none = (
        likeness_loss(photographs, four, torch.tensor(which)).item()
        for which in ([True, False], [False, True], [False, False])
    )
    assert first == pytest.approx(1, abs=1e-3)
    assert second < 0.02
    assert none == 0


def test_leak_is_the_correlation_of_lab():
    photograph, painted = data.astronaut()[::4, ::4], data.astronaut()[::4, ::-4]
    expected = []
    for channel in (1, 2):
        planes = [gaussian_filter(rgb2lab(x)[..., channel], 3) for x in (photograph, painted)]
        expected.append(np.corrcoef(planes[0].ravel(), planes[1].ravel())[0, 1])
    assert colour_leak(photograph, painted) == pytest.approx(np.mean(expected), abs=1e-6)


def test_leak_is_one_for_the_same_colours_and_zero_without_colours():
    photograph = data.astronaut()[::4, ::4]
    grey = np.repeat(photograph.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    assert colour_leak(photograph, photograph) == pytest.approx(1)
    assert abs(colour_leak(photograph, grey)) < 0.3
