import numpy as np
import pytest
from skimage import data

from tests.stylizer_fixture import random_networks  # noqa: F401 - fixtures for everyone
from tests.texture_fixture import texture_folder  # noqa: F401
from tests.training.style_fixtures import feature_file, features, folders  # noqa: F401


@pytest.fixture
def painting() -> np.ndarray:
    """A real CC0 picture out of scikit-image's wheel: uint8 RGB [400,600,3], a fresh copy."""
    return np.array(data.coffee())
