import torch
import torch.nn.functional as F

from training.losses import movement_loss


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
