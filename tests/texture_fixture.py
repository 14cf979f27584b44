"""The texture encoder with random weights, for tests that need no good features."""

from pathlib import Path

import pytest
import torch

from export.onnx.texture_encoder import export
from tests.shared_folder import made_once
from training.networks.texture_encoder import TextureEncoder


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
