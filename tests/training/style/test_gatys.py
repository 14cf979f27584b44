from dataclasses import replace

import numpy as np
import pytest
import torch

from training.style import gatys
from training.style.gatys import Archive, optimise


def judge(picture):
    """The content is black, the style is white."""
    return picture.square().mean((1, 2, 3)), (1 - picture).square().mean((1, 2, 3))


@pytest.fixture
def calls(monkeypatch):
    """The weights of the style of all optimisations from now on, in order."""
    betas = []

    def counted(start, judge, beta, steps):
        betas.append(beta)
        return optimise(start, judge, beta, steps)

    monkeypatch.setattr(gatys, "optimise", counted)
    return betas


def test_the_optimum_lies_where_beta_puts_it():
    start = torch.full((1, 3, 8, 8), 0.1)
    for beta in (1.0, 3.0):
        found = optimise(start, judge, beta, 20)
        torch.testing.assert_close(found, torch.full_like(start, beta / (1 + beta)))


def test_pictures_may_lie_in_memory_as_files_hold_them():
    start = torch.rand(1, 8, 8, 3).permute(0, 3, 1, 2)
    found = optimise(start, judge, 1.0, 20)
    torch.testing.assert_close(found, torch.full_like(found, 0.5))


def test_an_optimised_picture_is_made_once_and_comes_back_as_it_is_kept(tmp_path, calls):
    photograph, style = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    archive = Archive(tmp_path / "gatys", ("vgg.safetensors",), 3)
    first = archive.picture(photograph, style, judge, 3.0)
    moved = replace(archive, sources=("elsewhere/vgg.safetensors",))
    again = moved.picture(photograph, style, judge, 3.0)
    assert calls == [3.0]
    (kept,) = archive.folder.iterdir()
    for picture in (first, again):
        assert picture.dtype == torch.float32
        np.testing.assert_array_equal(picture, np.load(kept))


def test_whatever_a_picture_depends_on_makes_another_one(tmp_path, calls):
    photograph, style = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    archive = Archive(tmp_path, ("front", "whole"), 3)
    archive.picture(photograph, style, judge, 3.0)
    archive.picture(photograph, style, judge, 0.3)
    archive.picture(style, photograph, judge, 3.0)
    archive.picture(photograph, style[:, :, :4], judge, 3.0)
    archive.picture(photograph[:, :, :4], style, judge, 3.0)
    replace(archive, steps=4).picture(photograph, style, judge, 3.0)
    replace(archive, sources=("whole", "front")).picture(photograph, style, judge, 3.0)
    assert len(calls) == len(list(tmp_path.iterdir())) == 7
