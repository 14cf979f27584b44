"""The stylizer's two files with random weights, for tests that need no good painting."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from export.onnx.stylizer import export
from tests.shared_folder import made_once
from training.networks import style_transfer


@pytest.fixture
def small_networks() -> Iterator[None]:
    """Networks as those of `random_networks`: narrow, and one block where the real ones have seven.

    A graph takes as long to make as it has nodes, three quarters of a minute for the real one; and
    the pages that paint with it answer at once.
    """
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        yield


def make_small(patch: pytest.MonkeyPatch) -> None:
    """See `small_networks`."""
    patch.setattr(style_transfer, "STYLIZER_WIDTHS", (8, 8, 16, 16))
    patch.setattr(style_transfer, "DEEP_BLOCKS", 0)
    patch.setattr(style_transfer, "FINE_BLOCKS", 1)


@pytest.fixture(scope="session")
def random_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `style_encoder.onnx` and `stylizer.onnx`."""
    return made_once(tmp_path_factory, "stylizer", export_random)


def export_random(folder: Path) -> None:
    """Write both files, always the same."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        torch.manual_seed(0)
        network = style_transfer.StyleTransfer()
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if "norm" in name and name.endswith("read.weight"):
                    parameter.normal_(std=0.2)  # so that styles differ visibly
            network.stylizer.paint.weight.mul_(1.5)  # and pictures are not all grey
        export(network, {"training": {}, "data": {}, "metrics": {}}, folder)
