import pytest
import torch

from training.style import intermediate_images
from training.style.intermediate_images import BETAS, RATES, IntermediateImages


@pytest.fixture
def fresh():
    """Two photographs and two styles."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, 8, 8, generator=generator), torch.rand(2, 3, 8, 8, generator=generator)


def rms(difference):
    return difference.square().mean((1, 2, 3)).sqrt()


def test_pictures_are_taken_from_the_pool_in_order(fresh):
    pool = IntermediateImages(5, 8)
    visited = [pool.slots(step, *fresh).where.tolist() for step in range(5)]
    assert visited == [[0, 1], [2, 3], [4, 0], [1, 2], [3, 4]]


def test_a_picture_keeps_its_photograph_and_style(fresh):
    pool = IntermediateImages(2, 8)
    first = pool.slots(0, *fresh)
    pool.descend(first, torch.ones_like(first.picture))
    again = pool.slots(1, *(torch.zeros_like(x) for x in fresh))
    torch.testing.assert_close(again.photograph, fresh[0])
    torch.testing.assert_close(again.style, fresh[1])
    torch.testing.assert_close(again.beta, first.beta)
    assert not torch.equal(again.picture, first.picture)
    assert all(BETAS[0] <= beta <= BETAS[1] for beta in again.beta)


def test_steps_lower_the_loss_and_depend_on_a_pictures_age_alone(fresh, monkeypatch):
    monkeypatch.setattr(intermediate_images, "VISITS", (100, 101))  # exactly a hundred
    pool = IntermediateImages(2, 8)
    slots = pool.slots(0, *fresh)
    slots.picture.fill_(0.5)
    gradient = torch.randn_like(slots.picture) * torch.tensor([1e-6, 1e6]).view(2, 1, 1, 1)
    pool.descend(slots, gradient)
    moved = pool.tensors["picture"][slots.where] - 0.5
    assert ((moved * gradient).sum((1, 2, 3)) < 0).all()
    first = RATES[1] + (RATES[0] - RATES[1]) * 0.99
    torch.testing.assert_close(
        rms(moved), torch.full((2,), first * (1 - intermediate_images.MOMENTUM))
    )
    pool.tensors["visits"].fill_(1)
    pool.tensors["velocity"].zero_()
    before = pool.tensors["picture"].clone()
    pool.descend(pool.slots(1, *fresh), gradient)
    last = torch.full((2,), RATES[1] * (1 - intermediate_images.MOMENTUM))
    torch.testing.assert_close(rms(pool.tensors["picture"] - before), last, rtol=1e-3, atol=0)


def test_a_picture_is_restarted_after_its_last_step(fresh, monkeypatch):
    monkeypatch.setattr(intermediate_images, "VISITS", (3, 4))  # exactly three
    pool, other = IntermediateImages(2, 8), tuple(x.flip(0) for x in fresh)
    photographs = []
    for step in range(4):
        slots = pool.slots(step, *(fresh if step == 0 else other))
        photographs.append(slots.photograph.clone())
        pool.descend(slots, torch.ones_like(slots.picture))
    assert all(torch.equal(x, fresh[0]) for x in photographs[:3])
    assert torch.equal(photographs[3], other[0])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_moves_nothing_and_ends_the_picture(fresh, bad):
    pool = IntermediateImages(2, 8)
    slots = pool.slots(0, *fresh)
    gradient = torch.ones_like(slots.picture)
    gradient[1, 0, 3, 3] = bad
    before = slots.picture.clone()
    pool.descend(slots, gradient)
    assert all(values.isfinite().all() for values in pool.tensors.values())
    torch.testing.assert_close(pool.tensors["picture"][1], before[1])
    assert pool.tensors["visits"][0] > 0
    assert pool.tensors["visits"][1] == 0
    again = pool.slots(1, *(x.flip(0) for x in fresh))
    torch.testing.assert_close(again.photograph, torch.stack([fresh[0][0], fresh[0][0]]))


def test_seed_and_step_decide_everything(fresh):
    pictures = [IntermediateImages(2, 8, seed).slots(7, *fresh).picture for seed in (1, 1, 2, 3, 4)]
    torch.testing.assert_close(pictures[0], pictures[1])
    assert any(not torch.equal(pictures[0], x) for x in pictures[2:])
