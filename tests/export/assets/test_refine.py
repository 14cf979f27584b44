import copy

import numpy as np
import pytest
import torch

from export.assets import refine as refining
from export.assets.refine import parts, refine
from training.networks.style_transfer import StyleTransfer

SIDE = 96


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(refining, "SIDE", SIDE)


def test_parts_are_the_corners_and_the_middle():
    painting = np.zeros((2 * SIDE, 3 * SIDE, 3), np.uint8)
    painting[:, :, 0] = np.arange(3 * SIDE) // 4
    found = parts(painting)
    assert found.shape == (5, 3, SIDE, SIDE)
    lefts = [round(float(part[0, 0, 0]) * 255 * 4) for part in found]
    assert lefts == [0, 2 * SIDE, 0, 2 * SIDE, SIDE]


def test_a_refined_vector_paints_more_like_its_painting(features, painting):
    torch.manual_seed(0)
    network = StyleTransfer().eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        if name.endswith("read.weight"):
            parameter.data.normal_(std=0.2)  # so that a style changes the picture
    before = copy.deepcopy(network.state_dict())
    vector = np.random.default_rng(0).standard_normal(256).astype(np.float32)
    photographs = [np.roll(painting, i, 0) for i in range(2)]
    found = refine(network, features, vector, painting, photographs, 4)
    assert found.vector.shape == vector.shape
    assert found.after < found.before
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
