import csv

import pytest
import torch

from training.networks.texture_encoder import HEADS, load_texture_encoder
from training.style import train_texture_encoder
from training.style.train_texture_encoder import TextureRun, main


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(train_texture_encoder, "BASIS", 8)
    monkeypatch.setattr(train_texture_encoder, "POOL", 3)
    # As many components as the small teacher of style_fixtures has channels, or fewer.
    heads = dict(zip(HEADS, (8, 12, 16, 20, 24), strict=True))
    monkeypatch.setattr("training.networks.texture_encoder.HEADS", heads)
    monkeypatch.setattr(train_texture_encoder, "HEADS", heads)


def arguments(folders, feature_file, out, *more):
    photos, paintings = folders
    sources = ["--photos", str(photos), "--styles", str(paintings)]
    sources += ["--features", str(feature_file), "--out", str(out)]
    small = ["--size", "32", "--batch", "2", "--log-every", "2", "--workers", "0", "--cpu"]
    return [*sources, *small, *more]


def test_a_run_writes_what_it_says(folders, feature_file, tmp_path):
    main(arguments(folders, feature_file, tmp_path, "--steps", "4"))
    _, card = load_texture_encoder(tmp_path / "model.safetensors")
    assert card["training"]["steps_done"] == 4
    assert card["training"]["features"] == ["distilled"]
    assert set(card["training"]["energy"]) == set(HEADS)
    assert card["data"]["photographs"] > 0
    with (tmp_path / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4]
    assert all(
        float(row[f"{name} {kind}"]) > 0
        for row in rows
        for name in HEADS
        for kind in ("maps", "gram")
    )


def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(
    folders, feature_file, tmp_path, monkeypatch
):
    # Both halves of the second run follow the schedule of five steps, and meet pictures again that
    # they left unfinished: the pool holds three.
    steps = ["--steps", "5", "--save-every", "0", "--learning-rate", "0.5"]
    main(arguments(folders, feature_file, tmp_path / "straight", *steps))

    original = TextureRun.save

    def save_and_die(run):
        original(run)
        if run.step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TextureRun, "save", save_and_die)
        with pytest.raises(SystemExit, match="130"):
            main(arguments(folders, feature_file, tmp_path / "resumed", *steps))
    main(arguments(folders, feature_file, tmp_path / "resumed", *steps, "--resume"))
    straight, resumed = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)
        for name in ("straight", "resumed")
    )
    assert straight["step"] == resumed["step"] == 5
    for part in ("network", "ema", "pool"):
        for key, value in straight[part].items():
            torch.testing.assert_close(value, resumed[part][key], rtol=0, atol=1e-5)
