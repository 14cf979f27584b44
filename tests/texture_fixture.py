"""The texture encoder with random weights, and statistics of a made-up painting, for tests."""

from pathlib import Path

import numpy as np
import pytest
import torch

from export.onnx.texture_encoder import export
from tests.shared_folder import made_once
from training.networks.texture_encoder import HEADS, TextureEncoder
from training.style.statistics import SIZES, Moments, StyleStatistics


def random_encoder() -> TextureEncoder:
    """In evaluation mode, always the same; its biases are not the zeros of a fresh one."""
    torch.manual_seed(0)
    encoder = TextureEncoder().eval().requires_grad_(False)
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            parameter.uniform_(-0.1, 0.1)
    return encoder


@pytest.fixture(scope="session")
def texture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `texture_encoder.onnx`: the random encoder, exported."""
    return made_once(
        tmp_path_factory,
        "texture",
        lambda folder: export(random_encoder(), {"training": {"steps": 3}}, folder),
    )


def style_statistics(seed: int = 0) -> StyleStatistics:
    """Of noise in each layer of the texture encoder, the same for the same seed."""
    random = np.random.default_rng(seed)
    seen = []
    for _ in SIZES:
        maps = {name: random.standard_normal((width, 200)) for name, width in HEADS.items()}
        seen.append({name: Moments(m.mean(1), m @ m.T / m.shape[1]) for name, m in maps.items()})
    return StyleStatistics.of(seen)
