import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from export.assets import pictures
from export.onnx import classifier
from training import networks
from training.networks.weights import DIGEST, weights_digest

SHIPPED = Path(__file__).parents[2] / "onnx_models" / "movement_classifier.onnx"

CARD = {
    "training": {"recipe": "none", "epochs": 0},
    "data": {"source": "no data"},
    "metrics": {"splits": {}},
    "curves": {"epoch": [1, 2], "val_loss": [1.5, 1.25]},
    "outside_threshold": 0.75,
}


def untrained(name: str) -> networks.MovementNetwork:
    """A network whose norms, heads and temperature are not the trivial ones of a fresh one."""
    torch.manual_seed(0)
    network = networks.build(name)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                for values in (module.weight, module.running_var):
                    values.uniform_(0.8, 1.25)
                for values in (module.bias, module.running_mean):
                    values.uniform_(-0.2, 0.2)
        network.temperature.fill_(1.7)
    return network.eval()


def card_of(network: networks.MovementNetwork) -> dict[str, Any]:
    """CARD, as if it were measured of this network."""
    return json.loads(json.dumps(CARD)) | {DIGEST: weights_digest(network)}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a small network as a training run leaves them."""
    path = tmp_path_factory.mktemp("run") / "model.safetensors"
    network = untrained("small_cnn")
    networks.save(path, network, "small_cnn", card_of(network))
    return path


@pytest.fixture(scope="session")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That network, exported."""
    path = tmp_path_factory.mktemp("exported") / "classifier.onnx"
    classifier.export(run, path, pictures.bundled())
    return path
