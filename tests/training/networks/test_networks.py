import pytest
import torch
from safetensors.torch import save_file

from training.common.errors import UserError
from training.networks import NETWORKS, build, load, save


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_all_outputs(name):
    network = build(name).eval()
    image = torch.randint(0, 256, (2, 64, 96, 3), dtype=torch.uint8)
    with torch.inference_mode():
        outputs = network(network.normalise(image))
    channels = NETWORKS[name][1]
    rows, columns = (4, 6) if name == "vit_tiny" else (2, 3)
    assert outputs.logits.shape == (2, 5)
    assert outputs.kind.shape == (2, 3)
    assert outputs.embedding.shape == (2, channels)
    assert outputs.features.shape == (2, channels, rows, columns)
    assert (outputs.features >= 0).all() or name == "vit_tiny"  # which ends without a ReLU
    torch.testing.assert_close(outputs.features.mean((2, 3)), outputs.embedding)


def test_unknown_network_is_named():
    with pytest.raises(ValueError, match="alexnet"):
        build("alexnet")


@pytest.mark.parametrize(
    ("name", "parameters"),
    # Documented totals (torchvision's; of Lite2 timm's) less the classifier (C x 1000 + 1000).
    [
        ("densenet121", 7_978_856 - 1_025_000),
        ("efficientnet_lite2", 6_092_072 - 1_281_000),
        ("resnet18", 11_689_512 - 513_000),
        ("resnet50", 25_557_032 - 2_049_000),
    ],
)
def test_trunks_have_as_many_parameters_as_published(name, parameters):
    assert sum(p.numel() for p in build(name).features.parameters()) == parameters


@pytest.mark.parametrize("name", ["small_cnn", "vit_tiny", "efficientnet_lite2"])
def test_class_activation_weights_reproduce_the_logits(name):
    network = build(name)
    image = torch.randn(8, 3, 64, 64)
    for _ in range(3):
        network(image)  # in training mode: gives the normalisation statistics of its own
    network.eval()
    with torch.inference_mode():
        outputs = network(image)
        weights, biases = network.class_activation_weights()
    maps = torch.einsum("kc,nchw->nkhw", weights, outputs.features)
    torch.testing.assert_close(maps.mean((2, 3)) + biases, outputs.logits, rtol=1e-4, atol=1e-5)


def test_weights_and_card_are_saved_and_loaded(tmp_path):
    network = build("small_cnn").eval()
    network.temperature.fill_(1.7)
    save(tmp_path / "model.safetensors", network, "small_cnn", {"training": {"epochs": 3}})
    loaded, card = load(tmp_path / "model.safetensors")
    assert card == {"network": "small_cnn", "training": {"epochs": 3}}
    assert not loaded.training
    state = loaded.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_files_of_other_programs_are_refused(tmp_path):
    save_file({"weight": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(UserError, match="is no network"):
        load(tmp_path / "foreign.safetensors")
