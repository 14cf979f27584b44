import json

import pytest
import torch
from PIL import Image

from tests.texture_fixture import random_encoder
from training.networks.texture_encoder import (
    HEADS,
    load_texture_encoder,
    save_texture_encoder,
)
from training.style.evaluate_texture_encoder import compare_distances, distances, main, run_trial
from training.style.gatys import PictureCache


def test_distances_are_relative_to_the_other_ones_energy():
    found = distances(torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0]]))
    expected = torch.tensor([[5 / 4, 0], [5, 5], [0, 5 / 4]], dtype=torch.float64)
    torch.testing.assert_close(found, expected)


def test_an_encoder_compared_with_itself_agrees(tmp_path):
    encoder = random_encoder()
    pictures = torch.rand(5, 3, 32, 32) * torch.linspace(0.3, 1, 5).view(5, 1, 1, 1)
    for kind in compare_distances(encoder, encoder, pictures).values():
        assert set(kind) == set(HEADS)
        for correlation in kind.values():
            assert correlation["pearson"] == pytest.approx(1)
            assert correlation["spearman"] == pytest.approx(1)
    cache = PictureCache(tmp_path, ("itself",), 4)
    trial = run_trial(encoder, encoder, pictures[:1], pictures[1:2], cache, 30.0)
    assert trial.ratio == pytest.approx(1, rel=0.02)  # half precision
    assert trial.cosines == pytest.approx((1, 1), abs=1e-4)
    photograph, found, _ = trial.scores
    assert photograph.content == pytest.approx(0, abs=1e-6)
    assert found.total < photograph.total
    assert found.total == pytest.approx(found.content + 30 * found.style)


def test_an_encoder_with_other_features_gets_low_scores(features):
    correlation = compare_distances(random_encoder(), features, torch.rand(6, 3, 32, 32))
    assert correlation["style"]["relu5_1"]["pearson"] < 0.9


def test_all_results_are_written_to_the_folder_of_the_network(folders, feature_file, tmp_path):
    path = tmp_path / "model.safetensors"
    save_texture_encoder(path, random_encoder(), {"training": {"steps_done": 3}})
    photos, paintings = folders
    sources = ["--photos", str(photos), "--styles", str(paintings)]
    sources += ["--features", str(feature_file)]
    small = ["--pictures", "6", "--pairs", "2", "--size", "32", "--steps", "2"]
    main([str(path), *sources, *small])
    numbers = json.loads((tmp_path / "evaluation.json").read_text())
    assert numbers["gatys"]["steps"] == 2
    assert len(numbers["gatys"]["ratios"]) == numbers["gatys"]["pairs"]
    assert numbers["gatys"]["scores"]["photograph"]["content"] == pytest.approx(0, abs=1e-6)
    assert set(numbers["correlation"]["content"]) == set(HEADS)
    _, card = load_texture_encoder(path)
    assert card == {"training": {"steps_done": 3}, "metrics": numbers}
    with Image.open(tmp_path / "evaluation.png") as image:
        assert image.width > 4 * 32
