import pytest
import torch
from torch import nn

from training.classifier.teachers import (
    INCEPTION_LAYERS,
    InceptionTeacher,
    NetworkTeacher,
    teacher_class,
)
from training.common.errors import UserError
from training.networks import NETWORKS, build, save
from training.networks.inception import CHANNELS


def trained(path, name="small_cnn", temperature=1.0):
    """A network of random weights on disk, and the same in memory."""
    network = build(name)
    with torch.no_grad():
        network(torch.randn(8, 3, 64, 64))  # gives the normalisations statistics of their own
        network.temperature.fill_(temperature)
    save(path, network, name, {})
    return network.eval()


def test_inception_gives_a_vector_of_its_width_and_no_logits(monkeypatch):
    teacher = small_inception(monkeypatch)
    seen = teacher(torch.rand(2, 3, 64, 64))
    assert {name: maps.shape[1] for name, maps in seen.maps.items()} == CHANNELS
    assert seen.vector.shape == (2, teacher.width)
    assert seen.logits is None


def test_inception_has_layers_for_every_network():
    assert set(INCEPTION_LAYERS) == set(NETWORKS)
    for name, layers in INCEPTION_LAYERS.items():
        for layer in layers.values():
            build(name).features.get_submodule(layer)


def test_a_network_teacher_gives_its_own_predictions(tmp_path):
    network = trained(tmp_path / "a.safetensors", "efficientnet_lite2", temperature=1.7)
    teacher = NetworkTeacher([tmp_path / "a.safetensors"])
    image = torch.randint(0, 256, (2, 96, 96, 3), dtype=torch.uint8)
    with torch.inference_mode():
        seen = teacher(image.permute(0, 3, 1, 2) / 255)
        expected = network(network.normalise(image))
    torch.testing.assert_close(seen.logits.exp(), (expected.logits / 1.7).softmax(1))
    torch.testing.assert_close(seen.kind.exp(), expected.kind.softmax(1))
    torch.testing.assert_close(seen.maps["network0"], expected.features)
    torch.testing.assert_close(seen.vector, expected.embedding)
    assert teacher.name == "efficientnet_lite2"


def test_several_networks_classify_by_the_mean_of_their_probabilities(tmp_path):
    files = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    ours = [trained(files[0]), trained(files[1], "vit_tiny", temperature=0.6)]
    teacher = NetworkTeacher(files)
    image = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        seen = teacher(image)
        outputs = [network(network.standardise(image)) for network in ours]
    each = [(o.logits / n.temperature).softmax(1) for o, n in zip(outputs, ours, strict=True)]
    torch.testing.assert_close(seen.logits.exp(), (each[0] + each[1]) / 2)
    assert {name: maps.shape[1] for name, maps in seen.maps.items()} == teacher.channels
    assert seen.vector.shape == (2, teacher.width) == (2, 256 + 192)
    assert teacher.name == "small_cnn and vit_tiny"


def test_a_teacher_never_changes(tmp_path):
    trained(tmp_path / "a.safetensors")
    teacher = NetworkTeacher([tmp_path / "a.safetensors"])
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    torch.nn.Sequential(teacher).train()(torch.rand(4, 3, 64, 64))
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert not any(parameter.requires_grad for parameter in teacher.parameters())


def test_an_unsuitable_teacher_file_is_named():
    with pytest.raises(UserError, match="vgg"):
        teacher_class("vgg")
    with pytest.raises(UserError, match="one file"):
        InceptionTeacher(["a", "b"])
    with pytest.raises(UserError, match="nowhere"):
        NetworkTeacher(["nowhere.safetensors"])


class SmallTrunk(nn.Module):
    """Feature maps of Inception's widths that depend on the picture."""

    def __init__(self, path=None):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.mixers = {
            name: torch.randn(width, 3, generator=generator) for name, width in CHANNELS.items()
        }

    def forward(self, image):
        small = nn.functional.adaptive_avg_pool2d(image, 4)
        return {
            name: torch.einsum("kc,nchw->nkhw", mixer, small).relu()
            for name, mixer in self.mixers.items()
        }


def small_inception(monkeypatch):
    """An InceptionTeacher without Inception's weights."""
    monkeypatch.setattr("training.classifier.teachers.InceptionTrunk", SmallTrunk)
    return InceptionTeacher(["nowhere"])
