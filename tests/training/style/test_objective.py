import pytest
import torch
from torch.nn.functional import normalize

from training.networks.style_transfer import StyleTransfer
from training.style.losses import sliced_wasserstein_loss
from training.style.objective import DIRECTIONS, SLICED_LAYERS, StylizerObjective, Target


def test_both_networks_get_gradients(features):
    torch.manual_seed(0)
    objective = StylizerObjective(StyleTransfer(), features)
    photograph, style = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64) ** 3
    losses = objective(photograph, style, torch.tensor([False, True]))
    losses.total.backward()
    for parameter in objective.network.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()
    assert all(parameter.grad is None for parameter in features.parameters())


def test_total_is_the_weighted_sum(features):
    torch.manual_seed(0)
    objective = StylizerObjective(StyleTransfer(), features)
    losses = objective(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64), torch.ones(2) > 0)
    w = objective.weights
    expected = w.alpha * ((1 - w.grey) * losses.content + w.grey * losses.grey)
    expected = expected + w.beta * losses.style + w.sliced * losses.sliced
    expected = expected + w.neighbours * losses.neighbours + w.likeness * losses.likeness
    expected = expected + w.variation * losses.variation + w.identity * losses.identity
    torch.testing.assert_close(losses.total, expected)


def test_no_identity_no_identity_loss(features):
    objective = StylizerObjective(StyleTransfer(), features)
    losses = objective(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), torch.ones(1) < 0)
    assert losses.identity.item() == 0


def test_grey_content_loss_does_not_depend_on_colours(features):
    objective = StylizerObjective(StyleTransfer(), features)
    photograph = torch.rand(1, 3, 32, 32) * 0.5 + 0.25
    change = torch.randn(1, 1, 32, 32) * 0.1
    painted = photograph + torch.cat([change, -change * 0.299 / 0.587, change * 0], 1)
    assert objective.grey_loss(photograph, painted).item() < 1e-6
    assert objective.grey_loss(photograph, painted + 0.1 * change).item() > 1e-4


def test_a_picture_without_a_neighbour_has_no_likeness_loss(features):
    objective = StylizerObjective(StyleTransfer(), features)
    pictures = torch.rand(3, 3, 64, 64), torch.rand(3, 3, 64, 64)
    losses = objective(*pictures, torch.zeros(3, dtype=torch.bool))
    assert losses.total.isfinite()


def test_large_maps_are_sampled_without_a_change_of_their_distance(features):
    torch.manual_seed(0)
    photograph, style = torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256) ** 2
    target = Target(features, photograph, style)
    maps = target.feature_maps(photograph)
    whole = []
    for name in SLICED_LAYERS:
        directions = normalize(torch.randn(DIRECTIONS, maps[name].shape[1]), dim=1)
        whole.append(sliced_wasserstein_loss(maps[name], target.maps[name], directions))
    found = target.sliced_loss(maps).item()
    assert found == pytest.approx(torch.stack(whole).mean().item(), rel=0.1)
