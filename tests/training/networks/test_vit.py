import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from export.assets import pictures
from export.onnx import classifier
from export.onnx.session import cpu_session
from tests.export.conftest import card_of, untrained
from training import networks
from training.networks import MovementNetwork, vit
from training.networks.vit import STRIDE, Attention, Block, Positions, vit_tiny_trunk


@pytest.fixture(scope="module")
def network() -> MovementNetwork:
    return untrained("vit_tiny")


@pytest.mark.parametrize(("height", "width"), [(64, 64), (48, 80), (75, 33), (7, 200)])
def test_a_picture_may_have_any_size(network: MovementNetwork, height: int, width: int) -> None:
    with torch.inference_mode():
        tokens = network.features(torch.randn(1, 3, height, width))
    assert tokens.shape == (1, 192, math.ceil(height / STRIDE), math.ceil(width / STRIDE))
    assert tokens.isfinite().all()


def test_it_is_of_deit_tinys_size() -> None:
    """Touvron et al. 2021: 5.7 million parameters, of which 193,000 are ImageNet's classifier."""
    parameters = sum(parameter.numel() for parameter in vit_tiny_trunk().parameters())
    assert parameters == pytest.approx(5.72e6 - 0.19e6, rel=0.03)


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = networks.build("vit_tiny")
    outputs = network(torch.randn(2, 3, 64, 64))
    # A mean would not do: the head's normalisation takes any shift of it away.
    (outputs.logits.square().sum() + outputs.kind.square().sum()).backward()
    silent = {
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().max() > 0
    }
    assert not silent


def test_attention_weights_add_up_to_one_and_give_the_output() -> None:
    torch.manual_seed(0)
    attention, tokens = Attention(32, 4), torch.randn(2, 32, 3, 5)
    with torch.no_grad():
        weights = attention.weights(tokens)
        _, _, value = attention.split(tokens)
        seen = (weights @ value).transpose(2, 3).reshape(tokens.shape)
        expected = attention(tokens)
    assert weights.shape == (2, 4, 15, 15)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 15))
    torch.testing.assert_close(attention.proj(seen), expected)


def test_attention_is_pytorchs() -> None:
    torch.manual_seed(0)
    ours, tokens = Attention(32, 4), torch.randn(2, 32, 3, 5)
    theirs = nn.MultiheadAttention(32, 4, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight[..., 0, 0])
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.weight.copy_(ours.proj.weight[..., 0, 0])
        theirs.out_proj.bias.copy_(ours.proj.bias)
        sequence = tokens.flatten(2).mT
        expected, weights = theirs(sequence, sequence, sequence, average_attn_weights=False)
        torch.testing.assert_close(ours(tokens).flatten(2).mT, expected)
        torch.testing.assert_close(ours.weights(tokens), weights)


def test_a_block_is_that_of_a_pre_norm_transformer() -> None:
    torch.manual_seed(0)
    block, tokens = Block(channels=32, heads=4, expansion=2), torch.randn(2, 32, 3, 5)
    first, _, second = block.mlp
    with torch.no_grad():
        middle = tokens + block.attn(F.layer_norm(tokens.movedim(1, -1), (32,)).movedim(-1, 1))
        hidden = F.gelu(F.conv2d(block.norm2(middle), first.weight, first.bias))
        expected = middle + F.conv2d(hidden, second.weight, second.bias)
        torch.testing.assert_close(block(tokens), expected)


def test_positions_are_those_of_moco_v3() -> None:
    """Its `build_2d_sincos_position_embedding`, where w is the column and h the row of a token."""
    size, channels = 5, 16
    frequencies = 1 / 10000 ** (torch.arange(channels // 4) / (channels // 4))
    found = Positions()(torch.zeros(1, channels, size, size))[0]
    for h in range(size):
        for w in range(size):
            angles = (w * frequencies, h * frequencies)
            expected = torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)])
            torch.testing.assert_close(found[:, h, w], expected)


def test_without_positions_the_order_of_tokens_does_not_matter() -> None:
    torch.manual_seed(0)
    block, tokens = Block(channels=32, heads=4), torch.randn(1, 32, 1, 12)
    order = torch.randperm(12)
    with torch.no_grad():
        torch.testing.assert_close(block(tokens)[..., order], block(tokens[..., order]))


def test_the_file_that_is_served_gives_exact_maps_and_the_weights_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vit, "BLOCKS", 2)  # of the same kind: twelve take six times as long
    network = untrained("vit_tiny")
    run, served = tmp_path / "model.safetensors", tmp_path / "vit.onnx"
    networks.save(run, network, "vit_tiny", card_of(network))
    found = classifier.export(run, served, pictures.bundled()[:1])
    assert max(found.values()) < 1e-5
    session = cpu_session(served)
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert shapes["cam"] == ["batch", 5, 12, 12]
    view = torch.randint(0, 256, (1, 192, 192, 3), dtype=torch.uint8)
    logits, cam = session.run(["logits", "cam"], {"image": view.numpy()})
    bias = json.loads(session.get_modelmeta().custom_metadata_map["bias"])
    np.testing.assert_allclose(cam.mean((2, 3)) + bias, logits, atol=1e-5)
    loaded, card = networks.load(served)
    assert card["network"] == "vit_tiny"
    with torch.inference_mode():
        again = loaded(loaded.normalise(view)).logits / loaded.temperature
    np.testing.assert_allclose(again, logits, atol=1e-5)
