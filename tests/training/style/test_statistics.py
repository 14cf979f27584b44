import numpy as np
import pytest

from tests.texture_fixture import style_statistics
from training.style.statistics import (
    SIZES,
    Moments,
    StyleStatistics,
    load_statistics,
    save_statistics,
)


def random_moments(seed: int) -> Moments:
    maps = np.random.default_rng(seed).standard_normal((5, 40)).astype(np.float32)
    return Moments(maps.mean(1), maps @ maps.T / 40)


def test_at_each_size_they_are_what_was_seen() -> None:
    seen = [random_moments(seed) for seed in range(len(SIZES))]
    statistics = StyleStatistics.of([{"relu1_1": moments} for moments in seen])
    for side, moments in zip(SIZES, seen, strict=True):
        found = statistics.at(side**2)["relu1_1"]
        np.testing.assert_allclose(found.mean, moments.mean, atol=1e-3)
        np.testing.assert_allclose(found.gram, moments.gram, atol=2e-3)
        np.testing.assert_array_equal(found.gram, found.gram.T)


def test_statistics_are_interpolated_between_two_sizes_and_constant_beyond() -> None:
    statistics = style_statistics()
    small, next_one = (statistics.at(side**2)["relu3_1"] for side in SIZES[:2])
    middle = statistics.at(SIZES[0] * SIZES[1])["relu3_1"]
    np.testing.assert_allclose(middle.gram, (small.gram + next_one.gram) / 2, atol=1e-5)
    for pixels, side in ((1, SIZES[0]), (10**9, SIZES[-1])):
        found, nearest = (statistics.at(x)["relu5_1"].mean for x in (pixels, side**2))
        np.testing.assert_array_equal(found, nearest)


def test_a_file_gives_back_what_was_written(tmp_path) -> None:
    paintings = {"the-coffee": style_statistics(0), "the-cat": style_statistics(1)}
    save_statistics(tmp_path / "targets.safetensors", paintings, "0.7")
    found, version = load_statistics(tmp_path / "targets.safetensors")
    assert (list(found), version) == (list(paintings), "0.7")
    for name, statistics in paintings.items():
        for layer, halves in statistics.halves.items():
            np.testing.assert_array_equal(found[name].halves[layer], halves)
            np.testing.assert_array_equal(found[name].means[layer], statistics.means[layer])


def test_other_files_are_no_statistics(tmp_path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "other.safetensors"
    save_file({"means.relu1_1": np.zeros((2, 3, 4), np.float16)}, path)
    with pytest.raises(ValueError, match="no statistics"):
        load_statistics(path)
    metadata = {"encoder_version": "0.1", "names": "one\ntwo\nthree"}
    save_file({"means.relu1_1": np.zeros((2, 3, 4), np.float16)}, path, metadata)
    with pytest.raises(ValueError, match="incomplete"):
        load_statistics(path)
