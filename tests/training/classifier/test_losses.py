import torch
import torch.nn.functional as F

from training.classifier.losses import log_prior, movement_loss


def test_pictures_without_a_movement_do_not_count():
    torch.manual_seed(0)
    logits, labels = torch.randn(4, 5), torch.tensor([2, -1, 0, -1])
    expected = F.cross_entropy(logits[[0, 2]], labels[[0, 2]], label_smoothing=0.1)
    torch.testing.assert_close(movement_loss(logits, labels, 0.1), expected)


def test_a_batch_without_any_movement_costs_nothing():
    logits = torch.randn(3, 5, requires_grad=True)
    loss = movement_loss(logits, torch.full((3,), -1))
    loss.backward()
    assert loss == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_the_prior_is_each_movements_share_of_the_labelled_pictures():
    labels = torch.tensor([0, 0, -1, 1, 2, 0, -1])
    torch.testing.assert_close(log_prior(labels, 3).exp(), torch.tensor([0.6, 0.2, 0.2]))


def test_adjusted_logits_learn_nothing_of_how_common_a_movement_is():
    """Pictures that say nothing: with plain cross-entropy their logits become the log prior."""
    labels = torch.tensor([0] * 8 + [1] * 2)
    prior = log_prior(labels, 2)
    for tau in (0.0, 0.5, 1.0):
        bias = torch.zeros(2, requires_grad=True)
        optimiser = torch.optim.LBFGS([bias], max_iter=50, line_search_fn="strong_wolfe")

        def loss(bias=bias, optimiser=optimiser, tau=tau):
            optimiser.zero_grad()
            found = movement_loss(bias.expand(10, 2), labels, adjustment=tau * prior)
            found.backward()
            return found

        optimiser.step(loss)
        expected = (1 - tau) * (prior[0] - prior[1])
        torch.testing.assert_close(bias.diff().neg()[0].detach(), expected, atol=1e-3, rtol=0)
