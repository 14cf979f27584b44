"""The stylizer's two files with random weights, for tests that ask how, not how beautifully."""

from pathlib import Path

import pytest
import torch

from export.onnx.stylizer import export
from tests.shared_folder import made_once
from training.networks.painter import Painter


@pytest.fixture(scope="session")
def random_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `style_encoder.onnx` and `stylizer.onnx`."""
    return made_once(tmp_path_factory, "stylizer", export_random)


def export_random(folder: Path) -> None:
    """Write both files, always the same."""
    torch.manual_seed(0)
    painter = Painter()
    with torch.no_grad():
        for name, parameter in painter.named_parameters():
            if "norm" in name and name.endswith("read.weight"):
                parameter.normal_(std=0.2)  # so that styles differ visibly
        painter.stylizer.paint.weight.mul_(1.5)  # and pictures are not all grey
    export(painter, {"training": {}, "data": {}, "metrics": {}}, folder)
