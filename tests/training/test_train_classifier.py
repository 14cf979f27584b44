import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.data import read_manifest
from training.evaluate import main as evaluate
from training.networks import load
from training.recipes import RECIPES, Stage
from training.run import Run, learning_rate
from training.train_classifier import main as train
from training.train_classifier import parse_args, validate
from training.train_classifier import train as train_run

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


def test_a_network_teaches_another_without_labels(manifest, tmp_path, monkeypatch):
    train(arguments(manifest, tmp_path / "teacher"))
    recipe = replace(RECIPES["quick"], stages=(Stage(32, 6, 16),), mixup=1.0, feature_weight=1.0)
    monkeypatch.setitem(RECIPES, "quick", recipe)
    file = tmp_path / "teacher" / "model.safetensors"
    more = ("--teacher", "network", str(file), "--teacher-size", "64")
    train(arguments(manifest, tmp_path / "student", *more))
    with (tmp_path / "student" / "curves.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert float(rows[-1]["train_loss"]) < 0.8 * float(rows[0]["train_loss"])
    assert float(rows[-1]["val_accuracy"]) > 0.5  # chance is 0.2
    _, card = load(tmp_path / "student" / "model.safetensors")
    assert card["training"]["teacher"] == "small_cnn"
    assert card["training"]["settings"]["mixup"] == 1.0


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


def timed_run(manifest, out):
    """A run of 30 seconds, of which each step takes one; and each step's size and learning rate."""
    args = parse_args(arguments(manifest, out, "--minutes", "0.5", "--batch", "11"))
    args.out.mkdir(exist_ok=True)
    steps = []
    run = Run(args, read_manifest(manifest), clock=lambda: float(len(steps)))
    step = run.optimiser.step

    def watched():
        step()
        steps.append((run.stage.size, run.optimiser.param_groups[0]["lr"]))

    run.optimiser.step = watched
    return run, steps


@pytest.fixture
def two_sizes(monkeypatch):
    """A recipe of two stages of equal work."""
    recipe = replace(RECIPES["quick"], stages=(Stage(32, 4, 16), Stage(64, 1, 16)))
    monkeypatch.setitem(RECIPES, "quick", recipe)


@pytest.mark.usefixtures("two_sizes")
def test_stages_share_the_minutes(manifest, tmp_path):
    run, steps = timed_run(manifest, tmp_path)
    train_run(run)
    sizes, rates = zip(*steps, strict=True)
    assert sizes == (32,) * 15 + (64,) * 15
    assert max(rates) == rates[1]
    assert list(rates[1:]) == sorted(rates[1:], reverse=True)
    assert rates[-1] < 0.01 * max(rates)
    with (tmp_path / "curves.csv").open() as file:
        rows = [int(float(row["size"])) for row in csv.DictReader(file)]
    assert rows == [32, 32, 32, 64, 64, 64]  # of seven, seven and one step each
    _, card = load(tmp_path / "model.safetensors")
    assert card["training"]["minutes"] == 0.5


@pytest.mark.usefixtures("two_sizes")
def test_a_resumed_run_has_what_is_left_of_its_minutes(manifest, tmp_path, monkeypatch):
    whole = timed_run(manifest, tmp_path / "whole")
    train_run(whole[0])
    monkeypatch.setattr("training.train_classifier.SAVE_EVERY", -1.0)
    first, before = timed_run(manifest, tmp_path / "parts")
    save = first.save

    def save_and_die():
        save()
        if len(before) == 7:
            raise KeyboardInterrupt

    first.save = save_and_die
    with pytest.raises(KeyboardInterrupt):
        train_run(first)
    second, after = timed_run(manifest, tmp_path / "parts")
    second.resume()
    train_run(second)
    assert before + after == whole[1]
    assert second.schedule.seconds == 30


@pytest.mark.usefixtures("two_sizes")
def test_the_end_is_saved_before_the_last_validation(manifest, tmp_path, monkeypatch):
    def fails(run):
        if run.over:
            raise KeyboardInterrupt
        return validate(run)

    monkeypatch.setattr("training.train_classifier.validate", fails)
    run, steps = timed_run(manifest, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train_run(run)
    progress = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]
    assert progress["spent"] == 30
    assert progress["step"] == len(steps) == 30
    epochs = len(epochs_in(tmp_path))
    monkeypatch.setattr("training.train_classifier.validate", validate)
    again, more = timed_run(manifest, tmp_path)
    again.resume()
    train_run(again)
    assert [rate for _, rate in more] == [0]  # nothing is learned any more
    assert len(epochs_in(tmp_path)) == epochs + 1


def test_pictures_on_the_device_teach_as_well(manifest, tmp_path):
    args = parse_args(arguments(manifest, tmp_path))
    run = Run(args, read_manifest(manifest))
    run.batches.keep_on_device()
    train_run(run)
    assert run.rows[-1]["val_accuracy"] > 0.5  # chance is 0.2
    assert run.progress.step == run.total_steps


def test_artnets_rate_halves_every_second_epoch():
    rates = [learning_rate(RECIPES["artnet"], 0.0, e) for e in range(5)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 5e-5, 2.5e-5])


def test_cosine_warms_up_and_ends_at_zero():
    recipe = RECIPES["progressive"]
    rates = [learning_rate(recipe, done, 0) for done in (0, 0.03, 0.5, 1)]
    assert rates[0] < 0.1 * recipe.learning_rate
    assert rates[1] == pytest.approx(recipe.learning_rate, rel=0.01)
    assert rates[2] == pytest.approx(recipe.learning_rate / 2)
    assert rates[3] == pytest.approx(0)
