"""What is seen of the network is what the whole network says, to the number."""

import pytest
import torch

from app.explain.feature_visualization.truncated_network import MOVEMENTS, NORMS, TruncatedNetwork
from training.common.depths import CHANNELS, LAYERS


@pytest.fixture(scope="module")
def pictures():
    return torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def normalised(reader, pictures):
    return (pictures - reader._mean) / reader._std


@pytest.fixture(scope="module")
def whole(reader, normalised):
    """Each layer's output, in standard deviations; and the logits."""
    maps, found = normalised, {}
    for name, module in reader.features.named_children():
        maps = module(maps)
        if name.startswith("denseblock"):
            layer = LAYERS[int(name[-1]) - 1]
            norm = reader.features.get_submodule(NORMS[layer])
            mean, variance = (x.view(1, -1, 1, 1) for x in (norm.running_mean, norm.running_var))
            found[layer] = (maps - mean) / variance.sqrt()
    return found | {MOVEMENTS: reader(normalised).logits}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("share", [0.02, 0.6, 1])
def test_a_layers_first_channels_are_those_of_the_whole_network(
    reader, pictures, whole, layer, share
):
    count = round(share * CHANNELS[layer])
    seen = TruncatedNetwork(reader, {layer: count})(pictures)
    assert set(seen) == {layer}
    torch.testing.assert_close(seen[layer], whole[layer][:, :count], atol=1e-4, rtol=1e-4)


def test_several_layers_and_the_logits_are_seen_at_once(reader, pictures, whole):
    seen = TruncatedNetwork(reader, {LAYERS[0]: 5, LAYERS[2]: 300}, movements=True)(pictures)
    assert set(seen) == {LAYERS[0], LAYERS[2], MOVEMENTS}
    for name, values in seen.items():
        torch.testing.assert_close(values, whole[name][:, : values.shape[1]], atol=1e-4, rtol=1e-4)


def test_nothing_is_computed_beyond_the_layer_that_makes_the_channel(reader, pictures):
    ran = []
    handles = [
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, module in reader.features.named_modules()
        if name.endswith(("conv1", "conv"))
    ]
    try:
        TruncatedNetwork(reader, {LAYERS[1]: 128 + 33})(pictures)
    finally:
        for handle in handles:
            handle.remove()
    assert len([name for name in ran if "denseblock1" in name]) == 6
    assert [name for name in ran if "denseblock2" in name] == [
        "denseblock2.denselayer1.conv1",
        "denseblock2.denselayer2.conv1",
    ]
    assert not [name for name in ran if "transition2" in name or "denseblock3" in name]


def test_seeing_in_bfloat16_is_nearly_the_same(reader, pictures, whole):
    seen = TruncatedNetwork(reader, {LAYERS[2]: 400}, reduced=True)(pictures)[LAYERS[2]]
    assert seen.dtype == torch.float32
    both = torch.stack([seen.flatten(), whole[LAYERS[2]][:, :400].flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.999
