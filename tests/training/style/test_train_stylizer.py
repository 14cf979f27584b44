import csv

import pytest
import torch
from PIL import Image

from training.networks.painter import load_painter
from training.style.train_stylizer import StylizerRun, main


def arguments(folders, feature_file, out, *more):
    photos, paintings = folders
    sources = ["--photos", str(photos), "--styles", str(paintings)]
    sources += ["--features", str(feature_file), "--out", str(out)]
    small = ["--size", "64", "--batch", "2", "--log-every", "2", "--workers", "0", "--cpu"]
    return [*sources, *small, *more]


def test_a_run_writes_what_it_says(folders, feature_file, tmp_path):
    main(arguments(folders, feature_file, tmp_path, "--steps", "4", "--sheet-every", "4"))
    _, card = load_painter(tmp_path / "model.safetensors")
    assert card["training"]["steps_done"] == 4
    assert card["training"]["losses"]["beta"] > 0
    assert card["data"]["styles"] > 0
    with (tmp_path / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4]
    assert all(float(row["total"]) > 0 for row in rows)
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.width > 2 * 192


def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(
    folders, feature_file, tmp_path, monkeypatch
):
    # Both halves of the second run follow the schedule of four steps.
    steps = ["--steps", "4", "--sheet-every", "100", "--save-every", "0"]
    main(arguments(folders, feature_file, tmp_path / "straight", *steps))

    original = StylizerRun.save

    def save_and_die(run):
        original(run)
        if run.step == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StylizerRun, "save", save_and_die)
        with pytest.raises(SystemExit, match="130"):
            main(arguments(folders, feature_file, tmp_path / "resumed", *steps))
    main(arguments(folders, feature_file, tmp_path / "resumed", *steps, "--resume"))
    states = [
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["painter"]
        for name in ("straight", "resumed")
    ]
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=0, atol=1e-6)


def test_a_second_run_neither_overwrites_the_first_nor_goes_on_with_other_settings(
    folders, feature_file, tmp_path, capsys
):
    command = arguments(folders, feature_file, tmp_path, "--sheet-every", "100")
    main([*command, "--steps", "1"])
    before = (tmp_path / "checkpoint.pt").read_bytes()
    for more, words in (
        (["--steps", "1"], "already holds checkpoint.pt"),
        (["--steps", "2", "--resume"], "steps 1 there, 2 here"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*command, *more])
        assert ended.value.code == 1
        assert words in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
