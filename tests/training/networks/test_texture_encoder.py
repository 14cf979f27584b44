import pytest
import torch
import torch.nn.functional as F

from training.networks.texture_encoder import (
    HEADS,
    TextureEncoder,
    load_texture_encoder,
    save_texture_encoder,
)


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return TextureEncoder().eval()


def test_it_is_small_and_its_maps_lie_where_vgg19s_do(encoder):
    assert sum(parameter.numel() for parameter in encoder.parameters()) < 2e6
    maps = encoder(torch.rand(2, 3, 37, 53))
    assert tuple(maps) == encoder.visible == tuple(HEADS)
    sides = [tuple(x.shape[2:]) for x in maps.values()]
    assert sides == [(37, 53), (18, 26), (9, 13), (4, 6), (2, 3)]
    assert [x.shape[1] for x in maps.values()] == list(HEADS.values())


def test_a_layer_does_not_depend_on_what_else_is_wanted(encoder):
    image = torch.rand(1, 3, 32, 32)
    alone, together = encoder(image, ["relu3_1"]), encoder(image)
    assert set(alone) == {"relu3_1"}
    torch.testing.assert_close(alone["relu3_1"], together["relu3_1"])
    with pytest.raises(ValueError, match="conv4_2"):
        encoder(image, ["relu1_1", "conv4_2"])


def test_no_layer_beyond_the_wanted_ones_is_computed(encoder):
    image = torch.rand(1, 3, 1, 1)
    assert encoder(image, ["relu1_1"])["relu1_1"].shape == (1, 16, 1, 1)


def test_padding_leaves_no_frame_at_the_edge(encoder):
    flat = torch.full((1, 3, 16, 16), 0.9)
    first = encoder(flat, ["relu1_1"])["relu1_1"]
    torch.testing.assert_close(first, first[:, :, :1, :1].expand_as(first))


def test_components_may_be_negative(encoder):
    maps = encoder(torch.rand(1, 3, 32, 32))
    assert all((x < 0).any() for x in maps.values())
    assert all(not torch.equal(F.relu(x), x) for x in maps.values())


def test_weights_and_card_are_loaded_unchanged(encoder, tmp_path):
    path = tmp_path / "model.safetensors"
    save_texture_encoder(path, encoder, {"training": {"steps": 3}})
    found, card = load_texture_encoder(path)
    assert card == {"training": {"steps": 3}}
    assert not found.training
    image = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(found(image), encoder(image), rtol=0, atol=0)
