"""Small feature networks and folders of pictures to test style transfer with."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from training.common.movements import MOVEMENTS
from training.networks import style_transfer
from training.networks.vgg import LAYERS, load_features

WIDTHS = {"1": 4, "2": 6, "3": 8, "4": 10, "5": 12}
AUX = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@pytest.fixture(scope="session")
def feature_file(tmp_path_factory):
    """A distilled VGG19 with few channels and random weights."""
    generator = torch.Generator().manual_seed(0)
    state = {"conv0.weight": torch.eye(3).view(3, 3, 1, 1), "conv0.bias": torch.zeros(3)}
    inputs = 3
    for layer in LAYERS[: LAYERS.index("relu5_1") + 1]:
        name, width = layer.replace("relu", "conv").replace("_", ""), WIDTHS[layer[4]]
        kernel = torch.randn(width, inputs, 3, 3, generator=generator)
        state[f"{name}.weight"] = kernel * (2 / (9 * inputs)) ** 0.5
        state[f"{name}.bias"] = torch.full((width,), 0.1)
        inputs = width
        if layer in AUX:
            wide = torch.randn(2 * width, width, 1, 1, generator=generator)
            state[f"{name}_aux.weight"] = wide * (2 / width) ** 0.5
            state[f"{name}_aux.bias"] = torch.full((2 * width,), 0.1)
    path = tmp_path_factory.mktemp("features") / "distilled.safetensors"
    save_file(state, path)
    return path


@pytest.fixture(scope="session")
def features(feature_file):
    return load_features([str(feature_file)])


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Folders of 60 photographs and 40 paintings by 20 artists, of many shapes."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir()
    (folder / "paintings").mkdir()

    def draw(path):
        shape = (*rng.integers(64, 120, 2), 3)
        coarse = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
        coarse.resize((shape[1], shape[0]), Image.Resampling.BICUBIC).save(path)

    for i in range(60):
        draw(folder / "photos" / f"photo {i}.png")
    with (folder / "paintings" / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "movement", "artist", "title", "source"])
        for i in range(40):
            draw(folder / "paintings" / f"{i}.png")
            writer.writerow([f"{i}.png", MOVEMENTS[i % 5], f"artist {i % 20}", f"title {i}", ""])
    return folder / "photos", folder / "paintings"


def small_style_networks(patch: pytest.MonkeyPatch) -> None:
    """Style encoder and stylizer of few channels and blocks from now on."""
    patch.setattr(style_transfer, "ENCODER_WIDTHS", (4, 4, 4, 4, 4))
    patch.setattr(style_transfer, "STYLIZER_WIDTHS", (4, 4, 6, 8))
    patch.setattr(style_transfer, "DEEP_BLOCKS", 1)
    patch.setattr(style_transfer, "FINE_BLOCKS", 1)
