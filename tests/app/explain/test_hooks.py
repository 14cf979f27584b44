"""Looking into a network: the right tensors, and no trace."""

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


def traces(network: MovementNetwork) -> list[object]:
    """Everything that looking could leave behind."""
    return [
        *[(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in network.modules()],
        *[(len(m._backward_hooks), m.training) for m in network.modules()],
        *[(weight.requires_grad, weight.grad is None) for weight in network.parameters()],
    ]


def test_each_depth_is_the_concatenation_of_all_that_was_made_so_far(network, image):
    names = [depth.name for depth in DEPTHS]
    with record_activations(network, names) as seen, torch.no_grad():
        outputs = network(image)
    assert list(seen) == names
    for depth in DEPTHS:
        assert seen[depth.name].shape[1] == depth.channels
        assert seen[depth.name].shape[2] == 64 // depth.stride
    # A dense block only appends: a depth's channels are the first ones of each later one.
    torch.testing.assert_close(
        seen["conv4_block24"][:, : DEPTHS[4].channels], seen["conv4_block8"], rtol=0, atol=0
    )
    assert seen["conv5_block16"] is outputs.features
    assert (seen["conv5_block16"] >= 0).all()


def test_what_is_watched_is_all_that_the_score_depends_on(network, image):
    """Where the gradient of a depth is followed back to the picture, all of it arrives there."""
    image = image.clone().requires_grad_()
    names = [depth.name for depth in DEPTHS]
    with record_activations(network, names) as seen:
        score = network(image).logits[0, 2]
        (whole,) = torch.autograd.grad(score, image, retain_graph=True)
        for name in names:
            (gradient,) = torch.autograd.grad(score, seen[name], retain_graph=True)
            (through,) = torch.autograd.grad(seen[name], image, gradient, retain_graph=True)
            torch.testing.assert_close(through, whole, rtol=1e-3, atol=1e-6)


def test_any_module_of_any_network_can_be_watched(image):
    for name, path, shape in (("vit_tiny", "block9", (192, 4, 4)), ("small_cnn", "8", (128, 8, 8))):
        network = build(name).eval()
        with record_activations(network, [path]) as seen, torch.no_grad():
            network(image)
        assert seen[path].shape[1:] == shape


@pytest.mark.parametrize("spot", ["conv9_block1", "denseblock7", "block9"])
def test_a_place_that_is_not_there_is_named_and_nothing_is_left(network, spot):
    before = traces(network)
    with pytest.raises(ValueError, match=spot), record_activations(network, ["conv3_block4", spot]):
        pass
    assert traces(network) == before


def test_modes_and_frozen_weights_come_back_as_mixed_as_they_were_even_after_an_error(image):
    network = build("small_cnn").train()
    network.norm.eval()
    network.classifier.requires_grad_(False)
    before = traces(network)
    with record_activations(network, ["5"]):
        assert not any(module.training for module in network.modules())
        assert not any(weight.requires_grad for weight in network.parameters())
        network(image)
    assert traces(network) == before
    with pytest.raises(RuntimeError, match="channels"), record_activations(network, ["5"]):
        network(image[:, :2])
    assert traces(network) == before


def test_nothing_leaks_after_fifty_looks(image):
    network = build("small_cnn").train()
    before, alive = traces(network), []
    for _ in range(50):
        picture = image.clone().requires_grad_()
        with record_activations(network, ["2", "8"]) as seen:
            score = network(picture).logits[0, 0]
            gradients = torch.autograd.grad(score, list(seen.values()))
        alive += [weakref.ref(tensor) for tensor in (picture, *seen.values(), *gradients)]
    del picture, seen, score, gradients
    gc.collect()
    assert traces(network) == before
    assert [tensor() for tensor in alive if tensor() is not None] == []


def test_another_thread_is_not_overheard(image):
    network = build("small_cnn").eval()
    with record_activations(network, ["5"]) as seen:
        other = threading.Thread(target=network, args=(image,))
        other.start()
        other.join()
        assert seen == {}
        network(image)
        assert set(seen) == {"5"}
