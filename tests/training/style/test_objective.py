import torch

from training.networks.painter import Painter
from training.style.objective import Objective


def test_painting_and_judging_teach_both_networks(features):
    torch.manual_seed(0)
    objective = Objective(Painter(), features)
    photograph, style = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64) ** 3
    losses = objective(photograph, style, torch.tensor([False, True]))
    losses.total.backward()
    for parameter in objective.painter.parameters():
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()
    assert all(parameter.grad is None for parameter in features.parameters())


def test_total_is_the_weighted_sum(features):
    torch.manual_seed(0)
    objective = Objective(Painter(), features)
    losses = objective(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64), torch.ones(2) > 0)
    w = objective.weights
    expected = w.alpha * losses.content + w.beta * losses.style
    expected = expected + w.variation * losses.variation + w.identity * losses.identity
    torch.testing.assert_close(losses.total, expected)


def test_no_identity_no_identity_loss(features):
    objective = Objective(Painter(), features)
    losses = objective(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), torch.ones(1) < 0)
    assert losses.identity.item() == 0
