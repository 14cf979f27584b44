import sys

import numpy as np
import pytest
import torch

from training.networks import build, load, save
from training.refit_head import main, refit


def test_the_layer_becomes_the_best_linear_one():
    rng = np.random.default_rng(0)
    network = build("small_cnn").eval()
    centres = rng.normal(size=(5, 256))

    def draw(count):
        labels = np.arange(count) % 5
        noisy = centres[labels] + rng.normal(size=(count, 256))
        return noisy.astype(np.float32), labels

    train, validation = draw(400), draw(100)
    strength = refit(network, train, validation)
    assert strength > 0
    said = network.classifier(torch.from_numpy(validation[0])).argmax(1).numpy()
    assert (said == validation[1]).mean() > 0.95


def test_nothing_but_the_movement_layer_changes(manifest, tmp_path, monkeypatch):
    torch.manual_seed(0)
    path = tmp_path / "model.safetensors"
    save(path, build("small_cnn"), "small_cnn", {"training": {"epochs": 1}})
    before, _ = load(path)
    command = ["refit_head", str(path), str(manifest), "--workers", "0"]
    monkeypatch.setattr(sys, "argv", command)
    main()
    after, card = load(path)
    assert card["training"]["epochs"] == 1
    assert card["training"]["head"]["C"] == pytest.approx(0.01, rel=20)
    changed = {
        name
        for (name, old), new in zip(
            before.state_dict().items(), after.state_dict().values(), strict=True
        )
        if not torch.equal(old, new)
    }
    assert changed == {"classifier.weight", "classifier.bias"}
