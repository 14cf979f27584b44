import pytest
import torch

from app.gradients.reader import load_reader
from training.networks import MovementNetwork


@pytest.fixture(scope="session")
def reader() -> MovementNetwork:
    """The shipped classifier."""
    return load_reader(torch.device("cpu"))
