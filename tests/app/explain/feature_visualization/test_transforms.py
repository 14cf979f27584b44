"""Random views of a picture: the oracles are torch.roll and torch.rot90."""

import pytest
import torch

from app.explain.feature_visualization.transforms import JitterConfig, RandomViews, transform


@pytest.fixture
def pictures():
    return torch.rand((2, 3, 16, 16), generator=torch.Generator().manual_seed(0))


def matrices(rows):
    return torch.tensor(rows, dtype=torch.float32).expand(2, 2, 3)


def test_without_jitter_a_view_is_the_picture(pictures):
    seen = RandomViews(JitterConfig(0, 0, 0), [1, 2])(pictures)
    torch.testing.assert_close(seen, pictures, atol=1e-5, rtol=0)


@pytest.mark.parametrize("pixels", [3, -5, 16, 40])
def test_a_shifted_picture_wraps_around(pictures, pixels):
    seen = transform(pictures, matrices([[1, 0, 2 * pixels / 16], [0, 1, 0]]))
    torch.testing.assert_close(seen, pictures.roll(-pixels, 3), atol=1e-5, rtol=0)


def test_a_rotation_by_90_degrees(pictures):
    seen = transform(pictures, matrices([[0, -1, 0], [1, 0, 0]]))
    torch.testing.assert_close(seen, pictures.rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_views_differ_between_calls_and_between_seeds(pictures):
    same = pictures[:1].expand(2, 3, 16, 16)
    views = RandomViews(JitterConfig(), [1, 2])
    first, second = views(same), views(same)
    assert not torch.allclose(first, second)
    assert not torch.allclose(first[0], first[1])
    assert torch.equal(RandomViews(JitterConfig(), [2])(same[1:])[0], first[1])


def test_jitter_stays_within_its_limits():
    jitter = JitterConfig(shift=4, zoom=0.1, rotation=10)
    found = RandomViews(jitter, list(range(300)))._draw(32)
    scale = found[:, :, :2].det().sqrt()
    rotation = torch.rad2deg(torch.atan2(found[:, 1, 0], found[:, 0, 0]))
    shift = found[:, :, 2] * 16
    assert 1 / 1.1 <= scale.min() < 0.93
    assert 1.08 < scale.max() <= 1.1 + 1e-6
    assert 9 < rotation.abs().max() <= 10 + 1e-4
    assert 3.9 < shift.abs().max() <= 4


def test_views_are_differentiable(pictures):
    pictures.requires_grad_()
    RandomViews(JitterConfig(), [1, 2])(pictures).sum().backward()
    assert (pictures.grad > 0).float().mean() > 0.95
