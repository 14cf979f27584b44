from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.serving.dictionary import Dictionary
from export.assets.channels import Responses
from export.assets.dictionary import (
    Raw,
    centred_votes,
    columns,
    facts,
    keep,
    kept,
    neighbours,
    preferences,
    sample,
    write,
)
from tests.export.conftest import SHIPPED
from training.common.depths import CHANNELS
from training.common.movements import MOVEMENTS
from training.common.preprocessing import STD
from training.data import Record
from training.networks import load

TOTAL = sum(CHANNELS.values())


@pytest.fixture(scope="module")
def raw() -> Raw:
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    means = numbers(20, TOTAL)
    responses = Responses(
        means, means, means**2 + 1, abs(numbers(20, TOTAL)) % 1, numbers(5, TOTAL)
    )
    return Raw(abs(numbers(3, 12, 10, 4, TOTAL)), responses, np.arange(20) % 5)


def records(each: int) -> list[Record]:
    return [
        Record(f"{movement} {split} {i}", movement, split=split)
        for movement in (*MOVEMENTS, "other")
        for split in ("train", "test")
        for i in range(each)
    ]


def test_the_sample_is_balanced_at_every_length():
    drawn = sample(records(30), 20)
    assert len(drawn) == len(set(drawn)) == 100
    assert {record.split for record in drawn} == {"train"}
    for start in range(0, 100, 5):
        assert [record.movement for record in drawn[start : start + 5]] == list(MOVEMENTS)
    assert drawn == sample(records(30), 20)
    assert drawn != sample(records(30), 20, seed=1)


def test_too_few_paintings_are_named():
    with pytest.raises(ValueError, match="only 3 training paintings of Abstract"):
        sample(records(3), 4)


def test_neighbours_are_those_that_numpy_correlates_with_most():
    rng = np.random.default_rng(1)
    responses = rng.normal(size=(50, 9)) @ rng.normal(size=(9, 9))
    standardised = (responses - responses.mean(0)) / responses.std(0)
    nearest, likeness = neighbours(standardised)
    expected = np.corrcoef(responses.T) - 2 * np.eye(9)
    assert nearest.tolist() == np.argsort(-expected, axis=1)[:, :6].tolist()
    np.testing.assert_allclose(likeness, -np.sort(-expected, axis=1)[:, :6])


def test_votes_are_centred_and_by_deviations():
    slopes, deviation = np.array([[1.0, 0], [3, 0], [2, 3]]), np.array([2.0, 0.5])
    np.testing.assert_allclose(centred_votes(slopes, deviation), [[-2, 2, 0], [-0.5, -0.5, 1]])


def test_preferences_are_means_of_a_movement_s_paintings():
    labels = np.repeat(np.arange(5), 2)
    standardised = np.arange(10.0)[:, None]
    np.testing.assert_allclose(preferences(standardised, labels), [[0.5, 2.5, 4.5, 6.5, 8.5]])


def test_the_app_reads_what_is_written(raw, tmp_path):
    found = columns(raw)
    write(tmp_path, found, facts("7", 20, 10))
    dictionary = Dictionary.read(tmp_path)
    assert (dictionary.classifier_version, dictionary.settings["paintings"]) == ("7", 20)
    for name, values in found.items():
        np.testing.assert_array_equal(dictionary.columns[name], values)
    mean, deviation = dictionary.statistics("conv3_block12")
    means = raw.responses.means[:, 256:768]
    np.testing.assert_allclose(mean, means.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(deviation, means.std(0), rtol=1e-5)


def test_a_channel_that_never_changes_has_no_nan(raw):
    still = replace(raw.responses, means=np.ones_like(raw.responses.means))
    for name, values in columns(replace(raw, responses=still)).items():
        assert np.isfinite(values).all(), name


def test_raw_answers_can_be_kept(raw, tmp_path):
    few = Raw(raw.gratings[..., :3], raw.responses, raw.labels)
    keep(tmp_path / "raw.npz", few)
    again = kept(tmp_path / "raw.npz")
    np.testing.assert_array_equal(again.gratings, few.gratings)
    np.testing.assert_array_equal(again.labels, few.labels)
    np.testing.assert_array_equal(again.responses.votes, few.responses.votes)


def test_shipped_directions_are_those_of_the_first_kernels():
    """The first 64 channels are rectified convolutions, whose spectra say what they prefer."""
    network, _ = load(SHIPPED)
    kernels = network.features.conv0.weight.detach().numpy() / np.array(STD)[:, None, None]
    power = np.abs(np.fft.fft2(kernels.sum(1), s=(64, 64)))
    x, y = np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64))
    power[:, np.hypot(x, y) > 0.36] = 0  # higher than any grating that was shown
    dictionary = Dictionary.read(Path(SHIPPED).parent / "atlas")
    away = []
    for channel in range(64):
        card = dictionary.card("conv2_block6", channel)
        if card.hue == "grey" and card.responds and card.selectivity > 0.5:
            peak = power[channel].argmax()
            angle = np.degrees(np.arctan2(x.flat[peak], y.flat[peak]))
            away.append(abs((angle - card.orientation + 90) % 180 - 90))
    assert len(away) > 15
    assert np.median(away) < 4
    assert max(away) < 10
