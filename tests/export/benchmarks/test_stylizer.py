from pathlib import Path

import numpy as np
import pytest

from export.benchmarks import stylizer
from export.benchmarks.stylizer import classic_candidate, classic_network, our_candidates
from training.networks.styled_layers import STYLE_CHANNELS


def test_the_baseline_is_the_classic_network() -> None:
    parameters = sum(parameter.numel() for parameter in classic_network().parameters())
    assert parameters == pytest.approx(1.68e6, rel=0.01)


@pytest.mark.usefixtures("small_networks")
def test_all_candidates_paint(random_networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylizer, "FOLDER", random_networks)
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    assert classic_candidate(threads=1)(image).shape == image.shape
    style = np.ones((1, STYLE_CHANNELS), np.float32)
    in_torch, in_onnx = our_candidates(style, threads=1).values()
    difference = in_torch(image).numpy().astype(int) - in_onnx(image)[0]
    assert np.abs(difference).max() <= 1
