"""Two real processes, started as a person starts them: torchrun, gloo, on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training.run.instrumented_run import INSTRUMENTED, copied
from training.classifier.recipes import RECIPES
from training.classifier.run import Run
from training.classifier.train import parse_args
from training.common.errors import UserError
from training.data import read_manifest

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 2
CHECKPOINT_AT = 7
PROGRAM = Path(__file__).with_name("instrumented_run.py")


def launch(*arguments, **environment):
    """Run the instrumented training in two processes; returns the finished launcher."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={PROCESSES}"]
    return subprocess.run(
        [sys.executable, *torchrun, str(PROGRAM), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def arguments(manifest, out, *more):
    common = ["--network", "small_cnn", "--recipe", "instrumented", "--workers", "0", "--cpu"]
    return [manifest, "--out", out, *common, "--no-progress", *more]


def seen_by(folder):
    """What each process recorded."""
    return [json.loads((folder / f"process{i}.json").read_text()) for i in range(PROCESSES)]


@pytest.fixture(scope="module")
def whole(manifest, tmp_path_factory):
    """The folder of an uninterrupted run, and its output."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    ended = launch(*arguments(manifest, folder), COPY_AT=str(CHECKPOINT_AT))
    assert ended.returncode == 0, ended.stderr
    return folder, ended.stdout


def test_the_rate_reaches_zero_after_the_planned_steps(whole):
    for process in seen_by(whole[0]):
        assert len(process["rates"]) == process["planned"] > 10
        assert process["rates"][-1] < 0.02 * max(process["rates"])
        assert process["taken"] == process["planned"]


def test_all_processes_have_the_same_network_and_scores(whole):
    first, second = seen_by(whole[0])
    assert first["weights"] == second["weights"]
    assert first["averaged"] == second["averaged"]
    assert first["rows"] == second["rows"]
    assert first["dropped"] != second["dropped"]  # or the second would teach nothing new


def test_the_processes_learn_from_different_pictures(whole):
    first, second = seen_by(whole[0])
    planned = first["planned"]
    for process in (first, second):
        assert 8 * planned < len(process["pictures"]) < 12 * planned
    assert len(set(first["pictures"])) > 0.9 * len(first["pictures"])
    assert not set(first["pictures"]) & set(second["pictures"])


def test_one_process_writes_the_log(whole):
    folder, printed = whole
    epochs = len((folder / "curves.csv").read_text().splitlines()) - 1
    assert epochs == len(seen_by(folder)[0]["rows"])
    assert printed.count("val_macro_recall") == epochs


def test_a_resumed_run_ends_as_an_uninterrupted_one(manifest, whole):
    """What a SIGKILL leaves is a checkpoint: see test_train, with one process."""
    folder = copied(whole[0])
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert state["progress"]["step"] == CHECKPOINT_AT
    assert state["progress"]["batch"] > 0  # in the middle of an epoch
    resumed = launch(*arguments(manifest, folder, "--resume"))
    assert resumed.returncode == 0, resumed.stderr
    straight, after = seen_by(whole[0]), seen_by(folder)
    assert [process["taken"] for process in after] == [straight[0]["planned"]] * PROCESSES
    for name in ("objective", "ema"):
        ours, expected = (
            torch.load(each / "checkpoint.pt", weights_only=True)[name]
            for each in (folder, whole[0])
        )
        for key, value in expected.items():
            torch.testing.assert_close(ours[key], value, rtol=1e-4, atol=1e-5, msg=key)


def test_a_run_of_two_processes_is_not_resumed_by_one(manifest, whole, monkeypatch):
    monkeypatch.setitem(RECIPES, "instrumented", INSTRUMENTED)
    args = parse_args([str(argument) for argument in arguments(manifest, whole[0], "--resume")])
    with pytest.raises(UserError, match="processes 2 there, 1 here"):
        Run(args, read_manifest(manifest))
