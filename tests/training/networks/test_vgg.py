import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from tests.training.style.fixtures import AUX
from training.common.preprocessing import MEAN, STD
from training.networks import vgg
from training.networks.vgg import LAYERS, NAMES, load_features

WIDTHS = (3, 4, 5, 6, 7)


@pytest.fixture
def reference():
    """conv1_1 ... conv3_1 as one plain Sequential, in VGG19's own order."""
    torch.manual_seed(0)
    a, b, c, d, e = (*WIDTHS[1:], 8)
    convolutions = [nn.Conv2d(3, a, 3, padding=1), nn.Conv2d(a, b, 3, padding=1)]
    convolutions += [nn.Conv2d(b, c, 3, padding=1), nn.Conv2d(c, d, 3, padding=1)]
    convolutions += [nn.Conv2d(d, e, 3, padding=1)]
    layers = []
    for position, convolution in enumerate(convolutions):
        if position in (2, 4):
            layers.append(nn.MaxPool2d(2))
        layers += [convolution, nn.ReLU()]
    return nn.Sequential(*layers), convolutions


@pytest.fixture
def exact_file(reference, tmp_path):
    state = {}
    for name, convolution in zip(LAYERS, reference[1], strict=False):
        state[f"{name.replace('relu', 'conv')}.weight"] = convolution.weight.detach()
        state[f"{name.replace('relu', 'conv')}.bias"] = convolution.bias.detach()
    save_file(state, tmp_path / "exact.safetensors")
    return str(tmp_path / "exact.safetensors")


def test_layers_have_vgg19s_names():
    assert len(LAYERS) == 16
    assert LAYERS[0] == "relu1_1"
    assert LAYERS[4] == "relu3_1"
    assert LAYERS[-1] == "relu5_4"
    assert NAMES[:4] == ("conv1_1", "relu1_1", "conv1_2", "relu1_2")
    assert NAMES[-1] == "relu5_4"


def test_exact_weights_get_oxfords_preprocessing(reference, exact_file):
    image = torch.rand(2, 3, 16, 20)
    prepared = image.flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    maps = load_features([exact_file])(image, ["relu1_2", "relu3_1"])
    torch.testing.assert_close(maps["relu1_2"], reference[0][:4](prepared))
    torch.testing.assert_close(maps["relu3_1"], reference[0](prepared))


def test_a_layer_can_be_taken_before_its_relu(exact_file):
    image, features = torch.rand(1, 3, 16, 16), load_features([exact_file])
    maps = features(image, ["conv2_1", "relu2_1", "conv3_1"])
    assert maps["conv2_1"].min() < 0
    assert maps["conv3_1"].min() < 0
    torch.testing.assert_close(F.relu(maps["conv2_1"]), maps["relu2_1"])
    assert features.visible == NAMES[:10]


def test_pooling_may_average(reference, exact_file):
    image = torch.rand(1, 3, 16, 16)
    layers = [nn.AvgPool2d(2) if isinstance(x, nn.MaxPool2d) else x for x in reference[0]]
    prepared = image.flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    maps = load_features([exact_file], pooling="average")(image, ["relu3_1"])
    torch.testing.assert_close(maps["relu3_1"], nn.Sequential(*layers)(prepared))


def test_replicating_the_edge_leaves_no_frame(exact_file):
    flat = torch.full((1, 3, 16, 16), 0.8)
    framed = load_features([exact_file])(flat, ["conv1_1"])["conv1_1"]
    seamless = load_features([exact_file], edge="replicate")(flat, ["conv1_1"])["conv1_1"]
    torch.testing.assert_close(framed[:, :, 1:-1, 1:-1], seamless[:, :, 1:-1, 1:-1])
    assert framed.std((2, 3)).max() > 1
    torch.testing.assert_close(
        seamless, seamless[:, :, :1, :1].expand_as(seamless), atol=1e-3, rtol=0
    )


def test_layers_of_several_networks_are_one_list(exact_file, feature_file):
    assert load_features([str(feature_file)]).visible == tuple(AUX)
    both = load_features([exact_file, str(feature_file)])
    assert both.visible == (*NAMES[:10], "relu4_1", "relu5_1")
    assert (
        load_features([str(feature_file)], narrow=True).visible == NAMES[: NAMES.index("conv5_2")]
    )


def test_torchvisions_weights_get_torchvisions_preprocessing(reference, tmp_path, monkeypatch):
    state = {}
    for position, layer in enumerate(reference[0]):
        if isinstance(layer, nn.Conv2d):
            state[f"features.{position}.weight"] = layer.weight.detach()
            state[f"features.{position}.bias"] = layer.bias.detach()
    state["classifier.0.weight"] = torch.zeros(2, 2)
    torch.save(state, tmp_path / "vgg19.pth")
    monkeypatch.setattr(vgg, "fetch", lambda url, report: tmp_path / "vgg19.pth")
    image = torch.rand(1, 3, 16, 16)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    maps = load_features(["imagenet"])(image, ["relu2_1"])
    torch.testing.assert_close(maps["relu2_1"], reference[0][:7]((image - mean) / std))


def test_a_layer_without_weights_is_named(exact_file):
    with pytest.raises(ValueError, match="relu5_1"):
        load_features([exact_file])(torch.rand(1, 3, 16, 16), ["relu1_1", "relu5_1"])


def test_files_that_are_missing_or_no_vgg_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.safetensors"):
        load_features([str(tmp_path / "nothing.safetensors")])
    save_file({"head": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors"):
        load_features([str(tmp_path / "other.safetensors")])


def test_features_are_frozen_but_pass_gradients_on(exact_file):
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    load_features([exact_file])(image, ["relu2_2"])["relu2_2"].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
