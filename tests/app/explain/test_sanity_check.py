"""The control: a network that has learned nothing, and how alike two maps are."""

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from app.explain.cams import heat_maps
from app.explain.classifier import load_classifier
from app.explain.sanity_check import randomised, rank_correlation
from training.common.depths import DEPTHS
from training.common.preprocessing import letterbox
from training.networks import build


@pytest.mark.parametrize("name", ["small_cnn", "vit_tiny"])
def test_every_weight_is_random_and_the_network_as_it_was(name):
    network = build(name).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    other = randomised(network)
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    for (key, ours), theirs in zip(other.named_parameters(), network.parameters(), strict=True):
        if ours.ndim > 1:
            correlation = np.corrcoef(ours.ravel().numpy(), theirs.detach().ravel().numpy())[0, 1]
            assert abs(correlation) < 5 / np.sqrt(ours.numel()), key  # Five deviations of chance.
    assert randomised(network) is other


def test_a_seed_gives_the_same_network_again_and_touches_no_other_chance():
    network = build("small_cnn").eval()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = randomised(network, 7)
    torch.testing.assert_close(torch.rand(3), expected)
    randomised.cache_clear()
    for ours, theirs in zip(one.parameters(), randomised(network, 7).parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_signals_neither_fade_nor_grow_in_it(painting):
    """Without sensible batch statistics a deep map would be flat, and the control mean nothing."""
    other = randomised(load_classifier(torch.device("cpu")))
    view = letterbox(painting, 96)[0]
    with torch.no_grad():
        said = other(other.normalise(torch.from_numpy(view)[None]))
    assert 0.05 < float(said.features.std()) < 20
    assert float(said.logits.std()) > 0.01
    for heat in heat_maps(
        other, view, [1, 0, 0, 0, 0], "grad-cam", [depth.name for depth in DEPTHS]
    ).values():
        assert np.isfinite(heat).all()
        assert np.ptp(heat) > 0


def test_the_correlation_is_spearman_s():
    generator = np.random.default_rng(0)
    one, other = generator.random((6, 6)), generator.random((6, 6)).round(1)
    expected = np.corrcoef(rankdata(one), rankdata(other))[0, 1]
    assert rank_correlation(one, other) == pytest.approx(expected)
    assert rank_correlation(one, np.exp(5 * one)) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)


def test_a_flat_map_correlates_with_nothing(recwarn):
    assert rank_correlation(np.zeros((3, 3)), np.eye(3)) is None
    assert not recwarn.list
