from dataclasses import replace

import numpy as np
import pytest
import torch

from training.style import gatys
from training.style.gatys import PictureCache, optimise


def losses_of(picture):
    """The content is black, the style is white."""
    return picture.square().mean((1, 2, 3)), (1 - picture).square().mean((1, 2, 3))


@pytest.fixture
def calls(monkeypatch):
    """The weights of the style of all optimisations from now on, in order."""
    betas = []

    def counted(start, losses_of, beta, steps):
        betas.append(beta)
        return optimise(start, losses_of, beta, steps)

    monkeypatch.setattr(gatys, "optimise", counted)
    return betas


def test_the_optimum_depends_on_beta_as_computed():
    start = torch.full((1, 3, 8, 8), 0.1)
    for beta in (1.0, 3.0):
        found = optimise(start, losses_of, beta, 20)
        torch.testing.assert_close(found, torch.full_like(start, beta / (1 + beta)))


def test_pictures_may_be_channels_last():
    start = torch.rand(1, 8, 8, 3).permute(0, 3, 1, 2)
    found = optimise(start, losses_of, 1.0, 20)
    torch.testing.assert_close(found, torch.full_like(found, 0.5))


def test_an_optimised_picture_is_made_once_and_read_from_its_file(tmp_path, calls):
    photograph, style = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    cache = PictureCache(tmp_path / "gatys", ("vgg.safetensors",), 3)
    first = cache.picture(photograph, style, losses_of, 3.0)
    moved = replace(cache, sources=("elsewhere/vgg.safetensors",))
    again = moved.picture(photograph, style, losses_of, 3.0)
    assert calls == [3.0]
    (kept,) = cache.folder.iterdir()
    for picture in (first, again):
        assert picture.dtype == torch.float32
        np.testing.assert_array_equal(picture, np.load(kept))


def test_any_other_input_makes_another_picture(tmp_path, calls):
    photograph, style = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    cache = PictureCache(tmp_path, ("front", "whole"), 3)
    cache.picture(photograph, style, losses_of, 3.0)
    cache.picture(photograph, style, losses_of, 0.3)
    cache.picture(style, photograph, losses_of, 3.0)
    cache.picture(photograph, style[:, :, :4], losses_of, 3.0)
    cache.picture(photograph[:, :, :4], style, losses_of, 3.0)
    replace(cache, steps=4).picture(photograph, style, losses_of, 3.0)
    replace(cache, sources=("whole", "front")).picture(photograph, style, losses_of, 3.0)
    assert len(calls) == len(list(tmp_path.iterdir())) == 7
