from dataclasses import replace

import pytest

from tests.training.conftest import sentence_of
from training.classifier.recipes import RECIPES, Stage
from training.classifier.run import LEFTOVERS, Run
from training.classifier.train import main, parse_args
from training.common.errors import UserError
from training.data import read_manifest, write_manifest
from training.run import checkpoint
from training.run.checkpoint import claim, clear, pictures_digest


def command(manifest, out, *more):
    common = ["--network", "small_cnn", "--recipe", "short", "--workers", "0", "--cpu"]
    return [str(manifest), "--out", str(out), *common, "--no-progress", *more]


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setitem(RECIPES, "short", replace(RECIPES["quick"], stages=(Stage(32, 1, 40),)))


@pytest.fixture(scope="module")
def folder(manifest, tmp_path_factory):
    """A run's folder."""
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "short", replace(RECIPES["quick"], stages=(Stage(32, 1, 40),)))
        patch.setattr("training.classifier.run.draw_curves", lambda *_: None)
        main(command(manifest, out))
    return out


def refusal(capsys, *arguments):
    """The one sentence with which the program ends."""
    output = sentence_of(capsys, main, command(*arguments))
    assert output.count("\n") == 1
    return output


def test_a_second_run_does_not_overwrite_the_first(manifest, folder, capsys):
    before = (folder / "model.safetensors").read_bytes()
    output = refusal(capsys, manifest, folder)
    for way_out in ("--resume", "--overwrite", "another --out"):
        assert way_out in output
    assert (folder / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "difference"),
    [
        (("--network", "resnet18"), "network small_cnn there, resnet18 here"),
        (("--recipe", "quick"), "recipe short there, quick here"),
        (("--seed", "3"), "seed 0 there, 3 here"),
        (("--batch", "12"), "batch [40] there, [12] here"),
        (("--logit-adjustment", "0.25"), "logit_adjustment"),
    ],
)
def test_a_run_with_other_settings_is_not_resumed(manifest, folder, capsys, more, difference):
    output = refusal(capsys, manifest, folder, "--resume", *more)
    assert difference in output
    assert output.count(" there, ") == 1


def test_a_run_on_other_pictures_is_not_resumed(manifest, folder, tmp_path, capsys):
    records = read_manifest(manifest)
    write_manifest(tmp_path / "fewer.csv", records[1:])
    output = refusal(capsys, tmp_path / "fewer.csv", folder, "--resume")
    assert "manifest 82 training and 10 validation pictures" in output
    assert "here" in output
    swapped = [replace(records[0], path=records[1].path), *records[1:]]
    write_manifest(tmp_path / "others.csv", swapped)
    assert "digest" in refusal(capsys, tmp_path / "others.csv", folder, "--resume")


def test_a_moved_collection_counts_as_the_same(manifest):
    records = read_manifest(manifest)
    moved = [replace(r, path=r.path.replace("paintings", "moved/paintings")) for r in records]
    assert pictures_digest(moved) == pictures_digest(records)
    assert pictures_digest(records[::-1]) != pictures_digest(records)


def test_a_resumed_run_has_its_own_batch(manifest, tmp_path, folder):
    """On a GPU the memory that happens to be free must not decide anew."""
    first = Run(parse_args(command(manifest, tmp_path, "--batch", "11")), read_manifest(manifest))
    first.save()
    again = Run(parse_args(command(manifest, tmp_path, "--resume")), read_manifest(manifest))
    assert [stage.batch for stage in again.recipe.stages] == [11]


@pytest.mark.parametrize(
    ("state", "word"), [({"progress": {}}, "old version"), ("no dictionary", "old version")]
)
def test_an_old_checkpoint_is_named(manifest, tmp_path, capsys, state, word):
    checkpoint.write(tmp_path, state)
    output = refusal(capsys, manifest, tmp_path, "--resume")
    assert word in output
    assert "--overwrite" in output


def test_a_broken_checkpoint_is_named(manifest, tmp_path, capsys):
    for content in (b"", b"no checkpoint"):
        (tmp_path / "checkpoint.pt").write_bytes(content)
        assert "cannot be read" in refusal(capsys, manifest, tmp_path, "--resume")


def test_resuming_without_a_checkpoint_starts_a_run(manifest, tmp_path):
    run = Run(parse_args(command(manifest, tmp_path / "new", "--resume")), read_manifest(manifest))
    assert run.progress.step == 0
    assert (tmp_path / "new").is_dir()


def test_a_network_without_its_checkpoint_is_not_lost(tmp_path):
    (tmp_path / "model.safetensors").write_text("weights")
    with pytest.raises(UserError, match="no checkpoint"):
        claim(tmp_path, resume=True, overwrite=False)
    assert (tmp_path / "model.safetensors").read_text() == "weights"


def test_overwriting_leaves_nothing_of_the_old_run(tmp_path):
    for name in ("checkpoint.pt", "model.safetensors", "curves.csv", "metrics.json", "notes.txt"):
        (tmp_path / name).write_text("old")
    claim(tmp_path, resume=False, overwrite=True)
    clear(tmp_path, LEFTOVERS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_is_overwritten_by_a_command_that_fails(manifest, tmp_path, capsys):
    (tmp_path / "model.safetensors").write_text("old")
    refusal(capsys, manifest, tmp_path, "--overwrite", "--init", "missing.safetensors")
    assert (tmp_path / "model.safetensors").read_text() == "old"
