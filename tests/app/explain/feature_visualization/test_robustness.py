"""Views of a canvas: the oracles are torch.roll and torch.rot90."""

import pytest
import torch

from app.explain.feature_visualization.robustness import JitterConfig, Views, look


@pytest.fixture
def pictures():
    return torch.rand((2, 3, 16, 16), generator=torch.Generator().manual_seed(0))


def maps(rows):
    return torch.tensor(rows, dtype=torch.float32).expand(2, 2, 3)


def test_a_view_that_changes_nothing_shows_the_canvas(pictures):
    seen = Views(JitterConfig(0, 0, 0), [1, 2])(pictures)
    torch.testing.assert_close(seen, pictures, atol=1e-5, rtol=0)


@pytest.mark.parametrize("pixels", [3, -5, 16, 40])
def test_beyond_an_edge_comes_the_other_edge(pictures, pixels):
    seen = look(pictures, maps([[1, 0, 2 * pixels / 16], [0, 1, 0]]))
    torch.testing.assert_close(seen, pictures.roll(-pixels, 3), atol=1e-5, rtol=0)


def test_a_quarter_turn(pictures):
    seen = look(pictures, maps([[0, -1, 0], [1, 0, 0]]))
    torch.testing.assert_close(seen, pictures.rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_views_differ_from_call_to_call_and_from_seed_to_seed(pictures):
    same = pictures[:1].expand(2, 3, 16, 16)
    views = Views(JitterConfig(), [1, 2])
    first, second = views(same), views(same)
    assert not torch.allclose(first, second)
    assert not torch.allclose(first[0], first[1])
    assert torch.equal(Views(JitterConfig(), [2])(same[1:])[0], first[1])


def test_a_view_stays_within_its_limits():
    jitter = JitterConfig(shift=4, zoom=0.1, turn=10)
    found = Views(jitter, list(range(300)))._maps(32)
    scale = found[:, :, :2].det().sqrt()
    turn = torch.rad2deg(torch.atan2(found[:, 1, 0], found[:, 0, 0]))
    shift = found[:, :, 2] * 16
    assert 1 / 1.1 <= scale.min() < 0.93
    assert 1.08 < scale.max() <= 1.1 + 1e-6
    assert 9 < turn.abs().max() <= 10 + 1e-4
    assert 3.9 < shift.abs().max() <= 4


def test_views_can_be_learned_through(pictures):
    pictures.requires_grad_()
    Views(JitterConfig(), [1, 2])(pictures).sum().backward()
    assert (pictures.grad > 0).float().mean() > 0.95
