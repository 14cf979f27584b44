"""Both training scripts of style transfer, with small networks and few steps."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.training.style.fixtures import small_style_networks
from training.networks import texture_encoder
from training.networks.style_transfer import load_style_transfer
from training.networks.texture_encoder import load_texture_encoder
from training.style import train_stylizer, train_texture_encoder
from training.style.run import StyleRun

HEADS = dict(zip(texture_encoder.HEADS, (8, 12, 16, 20, 24), strict=True))
"""No more components of each layer than the small teacher of `fixtures` has channels."""


@dataclass(frozen=True)
class Script:
    """One of the scripts.

    Attributes:
        run: its class of runs.
        main: the program.
        load: reads its network.
        options: of the command line.
        parts: of a checkpoint, which decide the next step.
    """

    run: type[StyleRun]
    main: Callable[[list[str]], None]
    load: Callable[[Path], tuple[Any, dict[str, Any]]]
    options: tuple[str, ...]
    parts: tuple[str, ...]


STYLIZER = Script(
    train_stylizer.StylizerRun,
    train_stylizer.main,
    load_style_transfer,
    ("--size", "64", "--sheet-every", "4"),
    ("painter", "ema"),
)
# With so large a rate the pool's three pictures are changed before they are met again.
TEXTURE_ENCODER = Script(
    train_texture_encoder.TextureRun,
    train_texture_encoder.main,
    load_texture_encoder,
    ("--size", "32", "--learning-rate", "0.5"),
    ("network", "ema", "pool"),
)
STEPS, INTERRUPTED = 5, 3


@pytest.fixture(scope="module", autouse=True)
def _small():
    with pytest.MonkeyPatch.context() as patch:
        small_style_networks(patch)
        patch.setattr(train_stylizer, "SHEET", 3)
        patch.setattr(texture_encoder, "STAGES", ((4, 2), (6, 2), (8, 3), (10, 4), (12, 1)))
        patch.setattr(texture_encoder, "HEADS", HEADS)
        patch.setattr(train_texture_encoder, "HEADS", HEADS)
        patch.setattr(train_texture_encoder, "BASIS", 8)
        patch.setattr(train_texture_encoder, "POOL", 3)
        yield


@pytest.fixture(scope="module", params=[STYLIZER, TEXTURE_ENCODER], ids=["stylizer", "texture"])
def script(request) -> Script:
    return request.param


@pytest.fixture(scope="module")
def command(script, folders, feature_file):
    """The command line of a run in a folder."""
    photos, paintings = folders
    sources = ["--photos", str(photos), "--styles", str(paintings), "--features", str(feature_file)]
    small = ["--batch", "2", "--log-every", "2", "--workers", "0", "--cpu"]

    def make(out: Path, *more: str) -> list[str]:
        return [*sources, "--out", str(out), *small, *script.options, *more]

    return make


@pytest.fixture(scope="module")
def whole(script, command, tmp_path_factory):
    """The folder of a run that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    script.main(command(folder, "--steps", str(STEPS)))
    return folder


def test_a_run_writes_network_card_and_losses(script, whole):
    _, card = script.load(whole / "model.safetensors")
    assert card["training"]["steps_done"] == STEPS
    assert card["training"]["features"] == ["distilled"]
    assert card["data"]["photographs"] > 0
    assert card["data"]["styles"] > 0
    with (whole / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4]
    losses = ["total"]
    if script is TEXTURE_ENCODER:
        assert set(card["training"]["energy"]) == set(HEADS)
        losses = [f"{name} {kind}" for name in HEADS for kind in ("maps", "gram")]
    else:
        assert card["training"]["losses"]["beta"] > 0
        with Image.open(whole / "sheet.png") as image:
            assert image.width > 2 * 192
    assert all(float(row[name]) > 0 for row in rows for name in losses)


def test_an_interrupted_run_ends_as_if_it_had_not_been(
    script, command, whole, tmp_path, monkeypatch
):
    # Both halves follow the schedule of all steps.
    steps = ("--steps", str(STEPS), "--save-every", "0")
    original = script.run.save

    def save_and_die(run):
        original(run)
        if run.step == INTERRUPTED:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script.run, "save", save_and_die)
        with pytest.raises(SystemExit, match="130"):
            script.main(command(tmp_path, *steps))
    script.main(command(tmp_path, *steps, "--resume"))
    straight, resumed = (
        torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (whole, tmp_path)
    )
    assert straight["step"] == resumed["step"] == STEPS
    for part in script.parts:
        for key, value in straight[part].items():
            torch.testing.assert_close(value, resumed[part][key], rtol=0, atol=1e-5, msg=key)


def test_a_second_run_neither_overwrites_the_first_nor_goes_on_with_other_settings(
    script, command, whole, capsys
):
    before = (whole / "checkpoint.pt").read_bytes()
    for more, words in (
        (["--steps", "1"], "already holds checkpoint.pt"),
        (["--steps", "2", "--resume"], f"steps {STEPS} there, 2 here"),
    ):
        with pytest.raises(SystemExit) as ended:
            script.main(command(whole, *more))
        assert ended.value.code == 1
        assert words in capsys.readouterr().err
    assert (whole / "checkpoint.pt").read_bytes() == before
