import copy

import pytest
import torch
import torch.nn.functional as F

from tests.texture_fixture import random_encoder
from tests.training.style.fixtures import AUX
from training.networks.texture_encoder import HEADS, TextureEncoder
from training.style.distillation import (
    Components,
    difference_losses,
    distillation_losses,
    fit_heads,
    picture_losses,
)
from training.style.losses import content_loss, gram_loss, gram_matrix


@pytest.fixture(scope="module")
def pictures():
    generator = torch.Generator().manual_seed(3)
    return torch.rand(4, 3, 32, 32, generator=generator)


def components(features, pictures, share):
    counts = {name: maps.shape[1] for name, maps in features(pictures[:1], AUX).items()}
    return Components(features, {n: max(1, int(c * share)) for n, c in counts.items()}, [pictures])


def test_all_components_keep_all_distances(features, pictures):
    projected = components(features, pictures, 1)
    assert list(projected.energy.values()) == pytest.approx([1] * len(AUX), abs=1e-4)
    a, b = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32) ** 2
    whole = features(a, AUX), features(b, AUX)
    parts = projected(a), projected(b)
    for name in AUX:
        expected = content_loss(whole[0][name], whole[1][name])
        found = content_loss(parts[0][name], parts[1][name])
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)
        expected = gram_loss(*(gram_matrix(maps[name]) for maps in whole))
        found = gram_loss(*(gram_matrix(maps[name]) for maps in parts))
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_fewer_components_keep_the_most_they_can(features, pictures):
    shares = [components(features, pictures, share).energy for share in (0.25, 0.5, 1)]
    for name in AUX:
        few, half, all_of_them = (energy[name] for energy in shares)
        assert 0 < few < half < all_of_them
        width = features(pictures[:1], [name])[name].shape[1]
        assert few > int(width * 0.25) / width, "better than channels taken at random"


def test_components_have_a_mean_square_of_one_and_are_orthogonal(features, pictures):
    projected = components(features, pictures, 0.5)
    for maps in projected(pictures).values():
        assert maps.square().mean().item() == pytest.approx(1, rel=1e-3)
        gram = gram_matrix(maps).mean(0)
        off = gram - gram.diagonal().diag()
        assert off.abs().max() < 1e-3 * gram.max()


def test_batches_do_not_matter(features, pictures):
    counts = {"relu3_1": 4}
    at_once = Components(features, counts, [pictures])
    one_by_one = Components(features, counts, pictures.split(1))
    ours, theirs = (x(pictures)["relu3_1"] for x in (at_once, one_by_one))
    torch.testing.assert_close(ours.abs(), theirs.abs(), rtol=1e-3, atol=1e-3)


def test_heads_are_fitted_to_rotated_components():
    torch.manual_seed(0)
    network = TextureEncoder().eval()
    turns = {name: torch.linalg.qr(torch.randn(count, count))[0] for name, count in HEADS.items()}
    original = copy.deepcopy(network)

    def teacher(image):
        maps = original(image)
        return {name: F.conv2d(maps[name], turns[name][:, :, None, None]) for name in HEADS}

    batches = [torch.rand(2, 3, 96, 96) for _ in range(8)]
    fit_heads(network, teacher, batches)
    image = torch.rand(1, 3, 96, 96)
    with torch.no_grad():
        found, wanted = network(image), teacher(image)
    for name in ("relu1_1", "relu2_1", "relu3_1"):  # of the deeper ones there are too few pixels
        error = (found[name] - wanted[name]).square().mean() / wanted[name].square().mean()
        assert error < 1e-2
    for name, convolution in network.convolutions.items():
        torch.testing.assert_close(convolution.weight, original.convolutions[name].weight)
    assert not any(head._forward_pre_hooks for head in network.heads.values())


def test_there_is_nothing_to_learn_where_both_agree():
    maps = {"relu1_1": torch.randn(2, 4, 8, 8), "relu2_1": torch.randn(2, 6, 4, 4)}
    losses = distillation_losses(maps, maps)
    assert len(losses) == 4
    assert all(loss.item() == 0 for loss in losses.values())
    halved = distillation_losses({name: 0 * x for name, x in maps.items()}, maps)
    assert halved["relu1_1 maps"].item() == pytest.approx(1, rel=0.05)
    assert halved["relu1_1 gram"].item() == pytest.approx(1, rel=1e-3)


def test_an_error_that_both_pictures_share_has_no_loss():
    target = random_encoder()(torch.rand(3, 3, 32, 32))
    shifted = {name: x.clone() for name, x in target.items()}
    for x in shifted.values():
        x[1] += 1  # of the photograph alone
    assert all(loss.item() == 0 for loss in difference_losses(target, target, 1).values())
    losses = difference_losses(shifted, target, 1)
    assert losses["content"] > 0
    assert losses["style"] == 0
    for x in shifted.values():
        x[0] += 1
    assert difference_losses(shifted, target, 1)["content"].item() == pytest.approx(0, abs=1e-9)


def test_without_a_difference_for_the_network_the_loss_is_the_teachers():
    target = random_encoder()(torch.rand(3, 3, 32, 32))
    blind = {name: x[2:].expand_as(x) for name, x in target.items()}
    grams = {name: gram_matrix(x) for name, x in target.items()}
    left = [gram_loss(gram[:1], gram[2:]) for gram in grams.values()]
    found = difference_losses(blind, target, 1)["style"].item()
    assert found == pytest.approx(torch.cat(left).mean().item(), rel=1e-4)


def test_pictures_minimise_content_and_style_by_their_own_weight():
    encoder, others = random_encoder(), torch.rand(1, 3, 32, 32)
    photograph, style = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32) ** 3
    beta = torch.tensor([1.0, 30.0])

    def loss(picture, beta):
        # The rest of a batch are none of the pool's.
        seen = torch.cat([picture, photograph, style, others])
        return picture_losses(encoder(seen), beta).item()

    assert loss(photograph, beta) > 0
    assert loss(photograph, 2 * beta) == pytest.approx(2 * loss(photograph, beta), rel=1e-4)
    assert loss(style, 2 * beta) == pytest.approx(loss(style, beta), rel=1e-4)
    assert loss(style, beta) > 0
    alone = sum(loss(photograph, beta * torch.eye(2)[i]) for i in range(2))
    assert loss(photograph, beta) == pytest.approx(alone, rel=1e-4)
