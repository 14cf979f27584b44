import numpy as np
import pytest
import torch
from torch import nn

from app.explain.rollout import attention_rollout
from training.networks import MovementNetwork, build
from training.networks.vit import CHANNELS, Attention, Block, Positions, stem


def transformer(blocks: int) -> MovementNetwork:
    """A small one whose attention is far from even."""
    torch.manual_seed(0)
    layers = {f"block{i + 1}": Block() for i in range(blocks)}
    trunk = nn.Sequential()
    for name, layer in {"stem": stem(), "positions": Positions(), **layers}.items():
        trunk.add_module(name, layer)
    for module in trunk.modules():
        if isinstance(module, Attention):
            nn.init.normal_(module.qkv.weight, std=0.3)
    return MovementNetwork(trunk, CHANNELS).eval()


@pytest.fixture
def view(painting: np.ndarray) -> np.ndarray:
    return painting[:96, 200:296]


def test_it_follows_the_published_formula(view: np.ndarray) -> None:
    """A_l = 0.5 W_l + 0.5 I, and A_L ... A_2 A_1, spelled out in NumPy."""
    network, rolled = transformer(blocks=3), np.eye(36)
    with torch.inference_mode():
        tokens = network.features[:2](network.normalise(torch.tensor(view[None])))
        for block in network.features[2:]:
            heads = block.attn.weights(block.norm1(tokens))[0].double().numpy()
            rolled = (0.5 * sum(heads) / len(heads) + 0.5 * np.eye(36)) @ rolled
            tokens = block(tokens)
    found = attention_rollout(network, view)
    assert found.shape == (6, 6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, rolled.mean(0).reshape(6, 6), rtol=1e-4)
    assert found.max() > 1.2 * found.min()  # or this would hold of any even map


def test_the_map_sums_to_one(view: np.ndarray) -> None:
    heat = attention_rollout(transformer(blocks=2), view)
    assert heat.min() > 0
    assert heat.sum() == pytest.approx(1, abs=1e-5)


def test_even_attention_gives_an_even_map(view: np.ndarray) -> None:
    network = transformer(blocks=1)
    block = network.features.block1
    with torch.no_grad():
        block.norm1.weight.zero_()
        block.norm1.bias.zero_()  # all tokens the same: attention is even
    np.testing.assert_allclose(attention_rollout(network, view), 1 / 36, rtol=1e-5)


def test_the_network_is_left_as_it_was(view: np.ndarray) -> None:
    network = transformer(blocks=2).train()
    attention_rollout(network, view)
    assert network.training
    assert all(weight.requires_grad for weight in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_attention_is_refused(view: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no attention"):
        attention_rollout(build("small_cnn"), view)
