"""The texture encoder that is shipped: what the README says of it, and that it paints."""

import json
from dataclasses import replace

import onnx
import pytest
import torch

from app import MODELS
from app.examples import EXAMPLES
from app.optimize.engine import Optimization
from app.optimize.features import load_network
from app.optimize.recipe import PRESETS
from app.optimize.spec import OptimizationSpec, StyleSpec
from training.common.shipped_files import TEXTURE_FILE
from training.networks.texture_encoder import HEADS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def metrics() -> dict:
    metadata = onnx.load(MODELS / TEXTURE_FILE).metadata_props
    return json.loads({entry.key: entry.value for entry in metadata}["metrics"])


def test_the_encoder_is_small_and_agrees_with_its_teacher(metrics):
    network = load_network("texture", CPU)
    assert sum(parameter.numel() for parameter in network.parameters()) < 2_000_000
    for kind in ("style", "content"):
        found = [metrics["correlation"][kind][name]["pearson"] for name in HEADS]
        assert min(found) >= 0.95


def test_the_encoder_paints_a_photograph_in_a_style():
    recipe = replace(PRESETS["deep-brush"], steps=60)
    spec = OptimizationSpec(EXAMPLES[5].read(), (StyleSpec(EXAMPLES[1].read()),), recipe, side=128)
    steps = list(Optimization(spec, load_network("texture", CPU), CPU).run())
    assert steps[-1].losses.style < 0.15 * steps[0].losses.style
