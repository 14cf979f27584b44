"""Recording activations: the right tensors, and the network is left as it was."""

import gc
import threading
import weakref

import pytest
import torch

from app.explain.hooks import record_activations
from training.common.depths import DEPTHS
from training.networks import MovementNetwork, build


@pytest.fixture(scope="module")
def network() -> MovementNetwork:
    torch.manual_seed(0)
    return build("densenet121").eval()


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def state_of(network: MovementNetwork) -> list[object]:
    """Hooks, modes and `requires_grad` of a network."""
    return [
        *[(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in network.modules()],
        *[(len(m._backward_hooks), m.training) for m in network.modules()],
        *[(weight.requires_grad, weight.grad is None) for weight in network.parameters()],
    ]


def test_each_depth_is_the_concatenation_of_all_channels_so_far(network, image):
    names = [depth.name for depth in DEPTHS]
    with record_activations(network, names) as activations, torch.no_grad():
        outputs = network(image)
    assert list(activations) == names
    for depth in DEPTHS:
        assert activations[depth.name].shape[1] == depth.channels
        assert activations[depth.name].shape[2] == 64 // depth.stride
    # A dense block only appends: a depth's channels are the first ones of each later one.
    torch.testing.assert_close(
        activations["conv4_block24"][:, : DEPTHS[4].channels],
        activations["conv4_block8"],
        rtol=0,
        atol=0,
    )
    assert activations["conv5_block16"] is outputs.features
    assert (activations["conv5_block16"] >= 0).all()


def test_the_score_depends_on_the_picture_through_each_depth_alone(network, image):
    """The gradient through a depth alone is the whole gradient of the picture."""
    image = image.clone().requires_grad_()
    names = [depth.name for depth in DEPTHS]
    with record_activations(network, names) as activations:
        score = network(image).logits[0, 2]
        (whole,) = torch.autograd.grad(score, image, retain_graph=True)
        for name in names:
            (gradient,) = torch.autograd.grad(score, activations[name], retain_graph=True)
            (through,) = torch.autograd.grad(activations[name], image, gradient, retain_graph=True)
            torch.testing.assert_close(through, whole, rtol=1e-3, atol=1e-6)


def test_any_module_of_any_network_can_be_recorded(image):
    for name, path, shape in (("vit_tiny", "block9", (192, 4, 4)), ("small_cnn", "8", (128, 8, 8))):
        network = build(name).eval()
        with record_activations(network, [path]) as activations, torch.no_grad():
            network(image)
        assert activations[path].shape[1:] == shape


@pytest.mark.parametrize("layer", ["conv9_block1", "denseblock7", "block9"])
def test_an_unknown_layer_is_named_and_no_hook_remains(network, layer):
    before = state_of(network)
    with (
        pytest.raises(ValueError, match=layer),
        record_activations(network, ["conv3_block4", layer]),
    ):
        pass
    assert state_of(network) == before


def test_modes_and_requires_grad_are_restored_even_after_an_error(image):
    network = build("small_cnn").train()
    network.norm.eval()
    network.classifier.requires_grad_(False)
    before = state_of(network)
    with record_activations(network, ["5"]):
        assert not any(module.training for module in network.modules())
        assert not any(weight.requires_grad for weight in network.parameters())
        network(image)
    assert state_of(network) == before
    with pytest.raises(RuntimeError, match="channels"), record_activations(network, ["5"]):
        network(image[:, :2])
    assert state_of(network) == before


def test_fifty_recordings_leave_no_hooks(image):
    network = build("small_cnn").train()
    before, alive = state_of(network), []
    for _ in range(50):
        picture = image.clone().requires_grad_()
        with record_activations(network, ["2", "8"]) as activations:
            score = network(picture).logits[0, 0]
            gradients = torch.autograd.grad(score, list(activations.values()))
        alive += [weakref.ref(tensor) for tensor in (picture, *activations.values(), *gradients)]
    del picture, activations, score, gradients
    gc.collect()
    assert state_of(network) == before
    assert [tensor() for tensor in alive if tensor() is not None] == []


def test_another_thread_is_not_recorded(image):
    network = build("small_cnn").eval()
    with record_activations(network, ["5"]) as activations:
        other = threading.Thread(target=network, args=(image,))
        other.start()
        other.join()
        assert activations == {}
        network(image)
        assert set(activations) == {"5"}
