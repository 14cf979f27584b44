import numpy as np
import pytest
from skimage import data


@pytest.fixture
def painting() -> np.ndarray:
    """A real CC0 picture out of scikit-image's wheel: uint8 RGB [400,600,3], a fresh copy."""
    return np.array(data.coffee())
