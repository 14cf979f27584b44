from pathlib import Path

import numpy as np
import pytest
from skimage import data

from app.serving.runtime import Network, load_network
from app.serving.stylizer import Stylizer

LARGE = data.coffee()[40:376, 80:528]
"""336 x 448 pixels: six tiles in two rows."""


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
    """Takes every picture of more than 256 x 256 pixels for a large one."""
    return Stylizer(*networks, max_pixels=256 * 256, tile=224, overlap=96)


@pytest.fixture(scope="session")
def style(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.astronaut())


@pytest.fixture(scope="session")
def other(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.chelsea())
