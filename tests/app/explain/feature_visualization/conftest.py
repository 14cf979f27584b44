import pytest
import torch

from app.explain.classifier import load_classifier
from training.networks import MovementNetwork


@pytest.fixture(scope="session")
def network() -> MovementNetwork:
    """The shipped classifier."""
    return load_classifier(torch.device("cpu"))
