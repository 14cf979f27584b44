import os

import numpy as np
import pytest
import torch
from skimage import data

from tests.stylizer_fixture import random_networks, small_networks  # noqa: F401 - fixtures for all
from tests.texture_fixture import texture_folder  # noqa: F401
from tests.training.style.fixtures import feature_file, features, folders  # noqa: F401


def pytest_configure() -> None:
    """Give each parallel test process processors of its own.

    Otherwise all of them would compute with as many threads as there are processors, and wait for
    each other.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        share = processors[int(worker[2:]) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]
        os.sched_setaffinity(0, share or processors)
        torch.set_num_threads(len(share or processors))  # It has counted them already.


@pytest.fixture
def painting() -> np.ndarray:
    """A real CC0 picture out of scikit-image's wheel: uint8 RGB [400,600,3], a fresh copy."""
    return np.array(data.coffee())
