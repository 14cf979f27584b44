"""The truncated network computes what the whole network does."""

import pytest
import torch

from app.explain.feature_visualization.truncated_network import MOVEMENTS, NORMS, TruncatedNetwork
from training.common.depths import CHANNELS, LAYERS


@pytest.fixture(scope="module")
def pictures():
    return torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def normalised(network, pictures):
    return (pictures - network._mean) / network._std


@pytest.fixture(scope="module")
def whole(network, normalised):
    """Each layer's output, in standard deviations; and the logits."""
    maps, found = normalised, {}
    for name, module in network.features.named_children():
        maps = module(maps)
        if name.startswith("denseblock"):
            layer = LAYERS[int(name[-1]) - 1]
            norm = network.features.get_submodule(NORMS[layer])
            mean, variance = (x.view(1, -1, 1, 1) for x in (norm.running_mean, norm.running_var))
            found[layer] = (maps - mean) / variance.sqrt()
    return found | {MOVEMENTS: network(normalised).logits}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("share", [0.02, 0.6, 1])
def test_the_first_channels_of_a_layer_equal_those_of_the_whole_network(
    network, pictures, whole, layer, share
):
    count = round(share * CHANNELS[layer])
    activations = TruncatedNetwork(network, {layer: count})(pictures)
    assert set(activations) == {layer}
    torch.testing.assert_close(activations[layer], whole[layer][:, :count], atol=1e-4, rtol=1e-4)


def test_several_layers_and_the_logits_at_once(network, pictures, whole):
    activations = TruncatedNetwork(network, {LAYERS[0]: 5, LAYERS[2]: 300}, movements=True)(
        pictures
    )
    assert set(activations) == {LAYERS[0], LAYERS[2], MOVEMENTS}
    for name, values in activations.items():
        torch.testing.assert_close(values, whole[name][:, : values.shape[1]], atol=1e-4, rtol=1e-4)


def test_nothing_is_computed_beyond_the_layer_that_makes_the_channel(network, pictures):
    ran = []
    handles = [
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, module in network.features.named_modules()
        if name.endswith(("conv1", "conv"))
    ]
    try:
        TruncatedNetwork(network, {LAYERS[1]: 128 + 33})(pictures)
    finally:
        for handle in handles:
            handle.remove()
    assert len([name for name in ran if "denseblock1" in name]) == 6
    assert [name for name in ran if "denseblock2" in name] == [
        "denseblock2.denselayer1.conv1",
        "denseblock2.denselayer2.conv1",
    ]
    assert not [name for name in ran if "transition2" in name or "denseblock3" in name]


def test_bfloat16_is_nearly_the_same(network, pictures, whole):
    activations = TruncatedNetwork(network, {LAYERS[2]: 400}, bfloat16=True)(pictures)[LAYERS[2]]
    assert activations.dtype == torch.float32
    both = torch.stack([activations.flatten(), whole[LAYERS[2]][:, :400].flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.999
