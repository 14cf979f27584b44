import pytest
import torch

from tests.texture_fixture import random_encoder
from training.style.distillation_losses import (
    difference_losses,
    distillation_losses,
    picture_losses,
)
from training.style.losses import gram_loss, gram_matrix


def test_there_is_nothing_to_learn_where_both_agree():
    maps = {"relu1_1": torch.randn(2, 4, 8, 8), "relu2_1": torch.randn(2, 6, 4, 4)}
    losses = distillation_losses(maps, maps)
    assert len(losses) == 4
    assert all(loss.item() == 0 for loss in losses.values())
    halved = distillation_losses({name: 0 * x for name, x in maps.items()}, maps)
    assert halved["relu1_1 maps"].item() == pytest.approx(1, rel=0.05)
    assert halved["relu1_1 gram"].item() == pytest.approx(1, rel=1e-3)


def test_a_mistake_that_is_made_of_both_pictures_alike_does_no_harm():
    taught = random_encoder()(torch.rand(3, 3, 32, 32))
    shifted = {name: x.clone() for name, x in taught.items()}
    for x in shifted.values():
        x[1] += 1  # of the photograph alone
    assert all(loss.item() == 0 for loss in difference_losses(taught, taught, 1).values())
    losses = difference_losses(shifted, taught, 1)
    assert losses["content"] > 0
    assert losses["style"] == 0
    for x in shifted.values():
        x[0] += 1
    assert difference_losses(shifted, taught, 1)["content"].item() == pytest.approx(0, abs=1e-9)


def test_where_the_network_sees_no_difference_what_is_left_is_the_teachers_style_loss():
    taught = random_encoder()(torch.rand(3, 3, 32, 32))
    blind = {name: x[2:].expand_as(x) for name, x in taught.items()}
    grams = {name: gram_matrix(x) for name, x in taught.items()}
    left = [gram_loss(gram[:1], gram[2:]) for gram in grams.values()]
    found = difference_losses(blind, taught, 1)["style"].item()
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
