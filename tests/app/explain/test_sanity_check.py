"""The sanity check: a network with random weights, and the correlation of two maps."""

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from app.explain.cams import heat_maps
from app.explain.classifier import load_classifier
from app.explain.sanity_check import randomized, rank_correlation
from training.common.depths import DEPTHS
from training.common.preprocessing import letterbox
from training.networks import build


@pytest.mark.parametrize("name", ["small_cnn", "vit_tiny"])
def test_every_weight_is_randomized_and_the_original_unchanged(name):
    network = build(name).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    other = randomized(network)
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    for (key, ours), theirs in zip(other.named_parameters(), network.parameters(), strict=True):
        if ours.ndim > 1:
            correlation = np.corrcoef(ours.ravel().numpy(), theirs.detach().ravel().numpy())[0, 1]
            assert abs(correlation) < 5 / np.sqrt(ours.numel()), key  # Five deviations of chance.
    assert randomized(network) is other


def test_a_seed_is_reproducible_and_leaves_the_global_generator_alone():
    network = build("small_cnn").eval()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = randomized(network, 7)
    torch.testing.assert_close(torch.rand(3), expected)
    randomized.cache_clear()
    for ours, theirs in zip(one.parameters(), randomized(network, 7).parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_activations_neither_vanish_nor_explode(painting):
    """Without sensible batch statistics a deep map would be flat, and the check meaningless."""
    other = randomized(load_classifier(torch.device("cpu")))
    view = letterbox(painting, 96)[0]
    with torch.no_grad():
        outputs = other(other.normalise(torch.from_numpy(view)[None]))
    assert 0.05 < float(outputs.features.std()) < 20
    assert float(outputs.logits.std()) > 0.01
    for heat in heat_maps(
        other, view, [1, 0, 0, 0, 0], "grad-cam", [depth.name for depth in DEPTHS]
    ).values():
        assert np.isfinite(heat).all()
        assert np.ptp(heat) > 0


def test_the_correlation_is_spearmans():
    generator = np.random.default_rng(0)
    one, other = generator.random((6, 6)), generator.random((6, 6)).round(1)
    expected = np.corrcoef(rankdata(one), rankdata(other))[0, 1]
    assert rank_correlation(one, other) == pytest.approx(expected)
    assert rank_correlation(one, np.exp(5 * one)) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)


def test_a_flat_map_has_no_correlation(recwarn):
    assert rank_correlation(np.zeros((3, 3)), np.eye(3)) is None
    assert not recwarn.list
