import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.conftest import sentence_of
from training.classifier.evaluate import main as evaluate
from training.classifier.recipes import RECIPES, Stage
from training.classifier.run import Run
from training.classifier.train import main as train
from training.classifier.train import parse_args, train_epoch
from training.classifier.train import train as train_run
from training.classifier.validation import Scores
from training.data import read_manifest, write_manifest
from training.networks import NETWORKS, build, load, save

ROOT = Path(__file__).resolve().parents[3]


def arguments(manifest, out, *more):
    common = ["--network", "small_cnn", "--recipe", "quick", "--workers", "0", "--cpu"]
    return [str(manifest), "--out", str(out), *common, "--no-progress", *more]


def epochs_in(folder):
    with (folder / "curves.csv").open() as file:
        return [int(float(row["epoch"])) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def trained(manifest, tmp_path_factory):
    """The folder of a run from beginning to end; not to be written to."""
    folder = tmp_path_factory.mktemp("trained")
    train(arguments(manifest, folder))
    return folder


def test_training_learns_and_evaluation_writes_into_the_network(
    manifest, trained, tmp_path, monkeypatch
):
    assert epochs_in(trained) == list(range(1, RECIPES["quick"].epochs + 1))
    assert (trained / "curves.png").stat().st_size > 1000
    network_file = Path(shutil.copy(trained / "model.safetensors", tmp_path))
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


def test_a_network_is_distilled_into_another_without_labels(
    manifest, trained, tmp_path, monkeypatch
):
    recipe = replace(RECIPES["quick"], stages=(Stage(32, 6, 16),), mixup=1.0, feature_weight=1.0)
    monkeypatch.setitem(RECIPES, "quick", recipe)
    more = ("--teacher", "network", str(trained / "model.safetensors"), "--teacher-size", "64")
    train(arguments(manifest, tmp_path, *more))
    with (tmp_path / "curves.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert float(rows[-1]["train_loss"]) < 0.8 * float(rows[0]["train_loss"])
    assert all(row["train_distillation"] == row["train_loss"] for row in rows)
    assert "train_accuracy" not in rows[0]  # of mixtures there is none
    assert float(rows[-1]["val_accuracy"]) > 0.5  # chance is 0.2
    _, card = load(tmp_path / "model.safetensors")
    assert card["training"]["teacher"] == "small_cnn"
    assert card["training"]["settings"]["mixup"] == 1.0


def test_a_killed_run_is_resumed(manifest, tmp_path):
    command = [sys.executable, "-m", "training.classifier.train", *arguments(manifest, tmp_path)]
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


def timed_run(manifest, out, *more):
    """A run of 30 seconds, of which each step takes one; and each step's size and learning rate."""
    args = parse_args(arguments(manifest, out, "--minutes", "0.5", "--batch", "11", *more))
    steps = []
    run = Run(args, read_manifest(manifest), clock=lambda: float(len(steps)))
    step = run.optimiser.step

    def watched():
        step()
        steps.append((run.stage.size, run.optimiser.param_groups[0]["lr"]))

    run.optimiser.step = watched
    return run, steps


TWO_SIZES = replace(RECIPES["quick"], stages=(Stage(32, 4, 16), Stage(64, 1, 16)))
"""Two stages of equal work."""


@pytest.fixture
def two_sizes(monkeypatch):
    monkeypatch.setitem(RECIPES, "quick", TWO_SIZES)


@pytest.fixture(scope="module")
def whole(manifest, tmp_path_factory):
    """The folder of a timed run in two sizes, and its steps."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "quick", TWO_SIZES)
        patch.setattr("training.classifier.run.draw_curves", lambda *_: None)
        run, steps = timed_run(manifest, folder)
        train_run(run)
    return folder, steps


def test_stages_share_the_minutes(whole):
    folder, steps = whole
    sizes, rates = zip(*steps, strict=True)
    assert sizes == (32,) * 15 + (64,) * 15
    assert max(rates) == rates[1]
    assert list(rates[1:]) == sorted(rates[1:], reverse=True)
    assert rates[-1] < 0.01 * max(rates)
    with (folder / "curves.csv").open() as file:
        rows = [int(float(row["size"])) for row in csv.DictReader(file)]
    assert rows == [32, 32, 32, 64, 64, 64]  # of seven, seven and one step each
    _, card = load(folder / "model.safetensors")
    assert card["training"]["minutes"] == 0.5


@pytest.mark.usefixtures("two_sizes")
def test_a_resumed_run_has_what_is_left_of_its_minutes(manifest, whole, tmp_path, monkeypatch):
    first, before = timed_run(manifest, tmp_path)
    save = first.save

    def save_and_die():
        save()
        if len(before) == 7:
            raise KeyboardInterrupt

    first.save = save_and_die
    with monkeypatch.context() as patch:
        patch.setattr("training.classifier.train.SAVE_EVERY", -1.0)
        with pytest.raises(KeyboardInterrupt):
            train_run(first)
    second, after = timed_run(manifest, tmp_path, "--resume")
    train_run(second)
    assert before + after == whole[1]
    assert second.schedule.seconds == 30


@pytest.mark.usefixtures("two_sizes")
def test_the_end_is_saved_before_the_last_validation(manifest, tmp_path, monkeypatch):
    def fails(run):
        if run.over:
            raise KeyboardInterrupt
        return validate(run)

    validate = Run.validate
    monkeypatch.setattr(Run, "validate", fails)
    run, steps = timed_run(manifest, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train_run(run)
    progress = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]
    assert progress["spent"] == 30
    assert progress["step"] == len(steps) == 30
    epochs = len(epochs_in(tmp_path))
    monkeypatch.setattr(Run, "validate", validate)
    again, more = timed_run(manifest, tmp_path, "--resume")
    train_run(again)
    assert [rate for _, rate in more] == [0]  # nothing is learned any more
    assert len(epochs_in(tmp_path)) == epochs + 1


def test_training_from_pictures_on_the_device_learns_as_well(manifest, tmp_path):
    args = parse_args(arguments(manifest, tmp_path))
    run = Run(args, read_manifest(manifest))
    run.batches.keep_on_device()
    train_run(run)
    assert run.rows[-1]["val_accuracy"] > 0.5  # chance is 0.2
    assert run.progress.step == run.total_steps


def test_evaluation_names_files_that_it_cannot_use(manifest, tmp_path, capsys, monkeypatch):
    network = tmp_path / "model.safetensors"
    save(network, build("small_cnn"), "small_cnn", {"training": {}})
    records = read_manifest(manifest)
    write_manifest(tmp_path / "train.csv", [r for r in records if r.split == "train"])
    gone = [replace(r, path=str(tmp_path / "gone.png")) for r in records]
    write_manifest(tmp_path / "gone.csv", gone)
    for arguments, words in (
        (["missing.safetensors", manifest], "missing.safetensors"),
        ([network, tmp_path / "missing.csv"], "missing.csv"),
        ([network, tmp_path / "train.csv"], "The validation split holds no painting"),
        ([network, tmp_path / "gone.csv"], "gone.png"),
    ):
        command = ["evaluate", *map(str, arguments), "--workers", "0"]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            evaluate()
        assert ended.value.code == 1
        assert words in capsys.readouterr().err.splitlines()[-1]
    assert "metrics" not in load(network)[1]


def refusal(capsys, *command):
    """The one sentence with which training ends."""
    return sentence_of(capsys, train, arguments(*command)).splitlines()[-1]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_movement_without_pictures_is_named(manifest, tmp_path, capsys, split):
    records = read_manifest(manifest)
    some = [r for r in records if r.split != split or r.movement not in ("Cubism", "Realism")]
    write_manifest(tmp_path / "some.csv", some)
    output = refusal(capsys, tmp_path / "some.csv", tmp_path / "run")
    assert f"no {split} pictures of Cubism, Realism" in output
    none = [record for record in records if record.split != split]
    write_manifest(tmp_path / "none.csv", none)
    output = refusal(capsys, tmp_path / "none.csv", tmp_path / "run")
    assert f"no {split} pictures of Abstract, Cubism, Expressionism, Impressionism, Real" in output
    assert not (tmp_path / "run").exists()


def test_one_picture_at_once_is_refused(manifest, tmp_path, capsys):
    assert "--batch 2" in refusal(capsys, manifest, tmp_path, "--batch", "1")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_vanished_picture_is_named(manifest, tmp_path, capsys, workers):
    records = read_manifest(manifest)
    gone = [replace(records[0], path=str(tmp_path / "gone.png")), *records[1:]]
    write_manifest(tmp_path / "gone.csv", gone)
    output = refusal(capsys, tmp_path / "gone.csv", tmp_path / "run", "--workers", workers)
    assert str(tmp_path / "gone.png") in output


def test_a_manifest_that_cannot_be_read_is_named(tmp_path, capsys):
    assert str(tmp_path / "missing.csv") in refusal(capsys, tmp_path / "missing.csv", tmp_path)


def test_first_weights_that_are_missing_or_of_another_network_are_named(
    manifest, tmp_path, capsys, monkeypatch
):
    missing = str(tmp_path / "missing.safetensors")
    assert missing in refusal(capsys, manifest, tmp_path / "a", "--init", missing)
    monkeypatch.setitem(NETWORKS, "tiny_cnn", NETWORKS["small_cnn"])
    save(tmp_path / "other.safetensors", build("tiny_cnn"), "tiny_cnn", {})
    init = ("--init", str(tmp_path / "other.safetensors"))
    assert "holds a tiny_cnn, not a small_cnn" in refusal(capsys, manifest, tmp_path / "b", *init)
    freeze = ("--freeze", "artnet")
    assert "densenet121" in refusal(capsys, manifest, tmp_path / "c", *freeze)


def test_a_teacher_that_is_missing_or_another_network_is_named(manifest, tmp_path, capsys):
    def said_of(name, file):
        return refusal(capsys, manifest, tmp_path / "run", "--teacher", name, str(file))

    other = tmp_path / "other.safetensors"
    save(other, build("small_cnn"), "small_cnn", {})
    missing = tmp_path / "missing.safetensors"
    assert str(missing) in said_of("inception_v3", missing)
    assert f"{other} does not hold the weights of inception_v3" in said_of("inception_v3", other)
    assert "unknown teacher 'vgg'" in said_of("vgg", other)


def test_the_temperature_of_the_first_weights_is_not_inherited(manifest, tmp_path):
    network = build("small_cnn")
    network.temperature.fill_(1.7)
    save(tmp_path / "first.safetensors", network, "small_cnn", {})
    command = arguments(manifest, tmp_path, "--init", str(tmp_path / "first.safetensors"))
    assert Run(parse_args(command), read_manifest(manifest)).kept.temperature == 1


def test_logit_adjustment_reaches_the_loss(manifest, tmp_path):
    records = read_manifest(manifest)
    command = arguments(manifest, tmp_path, "--logit-adjustment", "0.5")
    run = Run(parse_args(command), records)
    counts = np.bincount([r.label for r in records if r.split == "train" and r.label >= 0])
    expected = 0.5 * np.log(counts / counts.sum())
    np.testing.assert_allclose(run.objective.adjustment.numpy(), expected, rtol=1e-5)
    assert run.card()["training"]["settings"]["logit_adjustment"] == 0.5
    assert run.card()["training"]["adjustment"] == pytest.approx(expected, rel=1e-5)
    natural = Run(parse_args([*command, "--logit-adjustment", "0", "--overwrite"]), records)
    assert natural.objective.adjustment is None
    assert natural.card()["training"]["adjustment"] is None


def test_the_best_epoch_has_the_lowest_balanced_loss(manifest, tmp_path):
    run = Run(parse_args(arguments(manifest, tmp_path)), read_manifest(manifest))
    train_epoch(run)
    for loss, balanced in ((1.0, 0.9), (0.8, 1.0), (1.2, 0.7)):
        run.finish_epoch(Scores(loss, 0.5, balanced, 0.5))
    assert run.progress.best == 0.7
    assert run.progress.best_epoch == 3
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_balanced_loss"]) for row in rows] == [0.9, 1.0, 0.7]
    assert float(rows[0]["val_macro_recall"]) == 0.5
    assert 0.3 < float(rows[0]["train_cross_entropy"]) < 3
    assert load(tmp_path / "model.safetensors")[1]["training"]["epochs"] == 3
