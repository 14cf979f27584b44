import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch.nn.functional import normalize

from training.style.losses import (
    content_loss,
    gram_loss,
    gram_matrix,
    moments,
    moments_loss,
    nearest_neighbour_loss,
    sliced_wasserstein_loss,
    total_variation,
)


@pytest.fixture
def maps():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 5, 4, 6, generator=generator).relu()


def own_moments(maps):
    return moments(maps, gram_matrix(maps))


def test_gram_matrix_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    expected = torch.tensor([[[2.5, 5.5], [5.5, 12.5]]])
    torch.testing.assert_close(gram_matrix(maps), expected)


def test_losses_against_float64_formulas(maps):
    target = maps.flip(1) + 0.5
    ours, theirs = maps.double().numpy(), target.double().numpy()

    def relative(a, b):
        axes = tuple(range(1, a.ndim))
        return ((a - b) ** 2).mean(axes) / (b**2).mean(axes)

    def grams(x):
        return np.einsum("nihw,njhw->nij", x, x) / (x.shape[2] * x.shape[3])

    def both_moments(x):
        return np.concatenate([x.mean((2, 3)), x.std((2, 3))], 1)

    for found, expected in (
        (content_loss(maps, target), relative(ours, theirs)),
        (
            gram_loss(gram_matrix(maps), gram_matrix(target)),
            relative(grams(ours), grams(theirs)),
        ),
        (
            moments_loss(own_moments(maps), own_moments(target)),
            relative(both_moments(ours), both_moments(theirs)),
        ),
    ):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


def test_a_loss_means_the_same_at_every_scale_of_features(maps):
    target = maps.flip(0)
    torch.testing.assert_close(content_loss(maps, target), content_loss(9 * maps, 9 * target))


def test_an_empty_map_is_at_distance_one(maps):
    torch.testing.assert_close(content_loss(torch.zeros_like(maps), maps), torch.ones(2))


def test_style_losses_ignore_where_things_are(maps):
    moved = maps.roll(2, 3)
    torch.testing.assert_close(gram_matrix(moved), gram_matrix(maps))
    torch.testing.assert_close(own_moments(moved), own_moments(maps))


def test_gradients_of_the_statistics_against_finite_differences(maps):
    maps = maps.double().add(0.1).requires_grad_()
    mix = torch.randn(5, 5, dtype=torch.float64)  # not symmetric: every entry counts for itself

    def mixed(x):
        return (gram_matrix(x) * mix).sum() + own_moments(x).sum()

    assert torch.autograd.gradcheck(mixed, maps, eps=1e-3, atol=1e-2)


def test_gradients_are_finite_on_flat_maps():
    maps = torch.zeros(1, 3, 4, 4, requires_grad=True)
    loss = moments_loss(own_moments(maps), torch.ones(1, 6)) + gram_loss(
        gram_matrix(maps), torch.ones(1, 3, 3)
    )
    loss.sum().backward()
    assert maps.grad is not None
    assert torch.isfinite(maps.grad).all()


def test_total_variation_by_hand():
    image = torch.zeros(1, 3, 2, 2)
    assert total_variation(image).item() == 0
    image[:, :, :, 1] = 1
    assert total_variation(image).item() == pytest.approx(1)


def test_sliced_wasserstein_is_the_distance_of_projections(maps):
    target = (maps.flip(1) * 1.5 + 0.3).contiguous()
    directions = normalize(torch.randn(7, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    for i, found in enumerate(sliced_wasserstein_loss(maps, target, directions)):
        ours, theirs = ((directions @ x[i].flatten(1)).double().numpy() for x in (maps, target))
        # In one dimension equally many values are transported in their order (the same for scipy's
        # distance of power 1, which has no square to offer).
        order = [np.abs(np.sort(a) - np.sort(b)).mean() for a, b in zip(ours, theirs, strict=True)]
        expected = [wasserstein_distance(a, b) for a, b in zip(ours, theirs, strict=True)]
        np.testing.assert_allclose(order, expected, rtol=1e-9)
        squares = (np.sort(ours, 1) - np.sort(theirs, 1)) ** 2
        assert found.item() == pytest.approx(squares.mean() / theirs.var(1).mean(), rel=1e-4)


def test_sliced_wasserstein_does_not_depend_on_places_or_size(maps):
    directions = normalize(torch.randn(7, 5), dim=1)
    shuffled = maps.flatten(2)[:, :, torch.randperm(24)].view_as(maps)
    doubled = maps.repeat_interleave(2, 3)
    assert sliced_wasserstein_loss(maps, shuffled, directions).max() < 1e-8
    assert sliced_wasserstein_loss(maps, doubled, directions).max() < 0.01


def test_nearest_neighbours_by_hand(maps):
    target = torch.randn(2, 5, 3, 3, generator=torch.Generator().manual_seed(2))
    for i, found in enumerate(nearest_neighbour_loss(maps, target)):
        centre = target[i].mean((1, 2))
        ours, theirs = ((x[i].flatten(1).T - centre).double().numpy() for x in (maps, target))
        best = [max(a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in theirs) for a in ours]
        assert found.item() == pytest.approx(1 - np.mean(best), rel=1e-4)


def test_a_part_of_the_target_is_its_own_neighbour(maps):
    assert nearest_neighbour_loss(maps[..., 1:3, 2:5], maps).max() < 1e-5
