import pytest
import torch

from training.errors import UserError
from training.initialise import freeze, initialise, torchvision_trunk
from training.networks import build, save


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
