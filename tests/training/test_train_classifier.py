import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from training.evaluate import main as evaluate
from training.networks import load
from training.recipes import RECIPES
from training.run import Progress, learning_rate
from training.train_classifier import main as train

ROOT = Path(__file__).resolve().parents[2]


def arguments(manifest, out, *more):
    common = ["--network", "small_cnn", "--recipe", "quick", "--workers", "0", "--cpu"]
    return [str(manifest), "--out", str(out), *common, "--no-progress", *more]


def epochs_in(folder):
    with (folder / "curves.csv").open() as file:
        return [int(float(row["epoch"])) for row in csv.DictReader(file)]


def test_training_learns_and_evaluation_writes_into_the_network(manifest, tmp_path, monkeypatch):
    train(arguments(manifest, tmp_path))
    assert epochs_in(tmp_path) == list(range(1, RECIPES["quick"].epochs + 1))
    assert (tmp_path / "curves.png").stat().st_size > 1000
    network_file = tmp_path / "model.safetensors"
    monkeypatch.setattr(
        sys, "argv", ["evaluate", str(network_file), str(manifest), "--workers", "0"]
    )
    evaluate()
    network, card = load(network_file)
    assert card["metrics"]["splits"]["test"]["six_views"]["accuracy"] > 0.5  # chance is 0.2
    assert card["training"]["recipe"] == "quick"
    assert card["data"]["splits"]["train"]["Cubism"] > 0
    assert network.temperature != 1
    for name in ("metrics.json", "confusion.png", "calibration.png"):
        assert (tmp_path / name).stat().st_size > 100


def test_a_killed_run_goes_on_where_it_was(manifest, tmp_path):
    command = [sys.executable, "-m", "training.train_classifier", *arguments(manifest, tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT)
    checkpoint = tmp_path / "checkpoint.pt"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = torch.load(checkpoint, weights_only=True)["progress"]
    train(arguments(manifest, tmp_path, "--resume"))
    after = torch.load(checkpoint, weights_only=True)["progress"]
    assert epochs_in(tmp_path) == list(range(1, RECIPES["quick"].epochs + 1))
    assert before["step"] < after["step"]
    assert after["epoch"] == RECIPES["quick"].epochs


def test_artnets_rate_halves_every_second_epoch():
    rates = [learning_rate(RECIPES["artnet"], Progress(epoch=e), 1000) for e in range(5)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 5e-5, 2.5e-5])


def test_cosine_warms_up_and_ends_at_zero():
    recipe = RECIPES["progressive"]
    rates = [learning_rate(recipe, Progress(step=step), 1000) for step in (0, 30, 500, 1000)]
    assert rates[0] < 0.1 * recipe.learning_rate
    assert rates[1] == pytest.approx(recipe.learning_rate, rel=0.01)
    assert rates[2] == pytest.approx(recipe.learning_rate / 2)
    assert rates[3] == pytest.approx(0)
