from pathlib import Path

import numpy as np
import pytest
from skimage import data

from app.serving.runtime import Network, load_network
from app.serving.stylizer import Stylizer
from training.common.preprocessing import resize

LARGE = resize(data.coffee(), 1000, 700)
"""700 x 1000 pixels: six tiles in two rows."""


@pytest.fixture(scope="session")
def networks(random_networks: Path) -> tuple[Network, Network]:
    files = [random_networks / name for name in ("style_encoder.onnx", "stylizer.onnx")]
    encoder, painter = (load_network(f, provider="cpu", fixed_shapes=False) for f in files)
    return encoder, painter


@pytest.fixture(scope="session")
def stylizer(networks: tuple[Network, Network]) -> Stylizer:
    return Stylizer(*networks)


@pytest.fixture(scope="session")
def tiler(networks: tuple[Network, Network]) -> Stylizer:
    """Takes every picture of more than 512 x 512 pixels for a large one."""
    return Stylizer(*networks, max_pixels=512 * 512, tile=512, overlap=256)


@pytest.fixture(scope="session")
def style(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.astronaut())


@pytest.fixture(scope="session")
def other(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.chelsea())
