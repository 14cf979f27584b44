import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from app import torch_device
from app.errors import UserError
from app.generation_parameters import read_parameters
from app.optimize import __main__ as paint
from app.optimize import engine, features
from app.optimize.spec import GatysStep
from training.networks.texture_encoder import TextureEncoder


@pytest.fixture(autouse=True)
def _random_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = TextureEncoder().eval().requires_grad_(False)
    monkeypatch.setattr(features, "load_network", lambda *_, **__: network)
    monkeypatch.setattr(torch_device, "best_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(paint, "network_version", lambda _: "0.0")


@pytest.fixture
def files(tmp_path: Path, painting: np.ndarray) -> list[str]:
    """Names of a content, a style, and a picture that is not there yet."""
    Image.fromarray(painting[:48, :64]).save(tmp_path / "a photo.png")
    Image.fromarray(painting[100:164, 200:264]).save(tmp_path / "a style.jpg")
    return [str(tmp_path / name) for name in ("a photo.png", "a style.jpg", "painted.png")]


def sentence(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The error message of impossible arguments."""
    with pytest.raises(SystemExit) as caught:
        paint.main(list(arguments))
    assert caught.value.code == 1
    message = capsys.readouterr().err.strip()
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_a_picture_is_painted_and_its_parameters_stored(files: list[str], tmp_path: Path) -> None:
    timelapse = str(tmp_path / "timelapse.mp4")
    paint.main([*files, "--steps", "2", "--scales", "1", "--beta", "7", "--timelapse", timelapse])
    out = files[-1]
    with Image.open(out) as painted:
        assert (painted.mode, painted.size) == ("RGB", (64, 48))
    parameters = read_parameters(out)
    assert parameters is not None
    assert [style.title for style in parameters.styles] == ["a style.jpg"]
    assert parameters.settings["picture"] == "a photo.png"
    assert (parameters.settings["beta"], parameters.settings["steps"]) == (7, 2)
    assert parameters.networks == {"texture encoder": "0.0"}
    with av.open(timelapse) as played:
        assert len(list(played.decode(video=0))) >= 2


def test_all_arguments_reach_the_engine(files: list[str], tmp_path: Path) -> None:
    content, style, out = files
    Image.new("L", (8, 8), 255).save(tmp_path / "mask.png")
    pictures = ["--init", style, "--mask", str(tmp_path / "mask.png"), "--weights", "2,1"]
    numbers = ["--seconds", "5", "--balance", "0.7", "--alpha", "3", "--side", "64", "--seed", "9"]
    names = ["--recipe", "gatys", "--optimiser", "adam", "--colours", "palette"]
    args = paint.parse([content, style, style, out, *pictures, *numbers, *names])
    spec = paint.read_spec(args)
    assert [style.weight for style in spec.styles] == [2, 1]
    recipe = spec.recipe
    assert (recipe.title, recipe.alpha, recipe.optimiser) == ("Gatys 2016", 3, "adam")
    assert (recipe.start, recipe.balance) == ("picture", 0.7)
    assert spec.start is not None
    assert spec.start.shape == (64, 64, 3)
    assert (spec.seconds, spec.side, spec.seed) == (5, 64, 9)
    assert spec.mask is not None
    assert spec.mask.shape == (8, 8)
    assert spec.colours == "palette"


def test_it_can_start_from_the_instant_stylizer(files: list[str]) -> None:
    begin = paint.read_spec(paint.parse([*files, "--start", "painter"])).start
    content = paint.read_spec(paint.parse(files))
    assert begin is not None
    assert begin.shape == content.content.shape
    assert np.abs(begin.astype(int) - content.content).mean() > 2
    assert (content.start, content.recipe.start) == (None, "content")


def test_presets_are_mixed_with_pictures(files: list[str]) -> None:
    content, style, out = files
    names = ["gogh-the-starry-night", "hokusai-the-great-wave"]
    presets = [word for name in names for word in ("--preset", name)]
    args = paint.parse([content, style, out, *presets, "--weights", "1,2,3"])
    picture, *known = paint.read_spec(args).styles
    assert picture.picture is not None
    assert [each.picture for each in known] == [None, None]
    assert all(each.statistics is not None for each in known)
    assert [each.weight for each in (picture, *known)] == [1, 2, 3]


def test_a_preset_needs_no_style_picture(files: list[str]) -> None:
    content, _, out = files
    args = ["--preset", "munch-the-scream", "--start", "painter"]
    paint.main([content, out, *args, "--steps", "2", "--scales", "1"])
    parameters = read_parameters(out)
    assert parameters is not None
    assert [style.preset for style in parameters.styles] == ["munch-the-scream"]
    assert parameters.settings["balance"] == 0.5


def test_an_interrupt_saves_the_best_picture_so_far(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, before = engine.Optimization.run, signal.getsignal(signal.SIGINT)

    def interrupted(self: engine.Optimization) -> Iterator[GatysStep]:
        for step in run(self):
            if step.step == 2:
                signal.raise_signal(signal.SIGINT)
            yield step

    monkeypatch.setattr(engine.Optimization, "run", interrupted)
    paint.main([*files, "--steps", "9", "--start", "content"])
    assert "Stopped" in capsys.readouterr().out
    parameters = read_parameters(files[-1])
    assert parameters is not None
    assert parameters.settings["steps"] == 2
    assert signal.getsignal(signal.SIGINT) == before


def test_a_second_interrupt_ends_at_once(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: engine.Optimization) -> Iterator[GatysStep]:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        yield from ()

    monkeypatch.setattr(engine.Optimization, "run", interrupted)
    with pytest.raises(SystemExit) as caught:
        paint.main([*files, "--steps", "9", "--start", "content"])
    assert caught.value.code == 130
    assert not Path(files[-1]).exists()


@pytest.mark.parametrize("error", [UserError("There is no memory left."), ValueError("a bug")])
def test_an_error_saves_the_best_picture_so_far(
    files: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    run = engine.Optimization.run

    def broken(self: engine.Optimization) -> Iterator[GatysStep]:
        yield next(run(self))
        raise error

    monkeypatch.setattr(engine.Optimization, "run", broken)
    with pytest.raises(SystemExit if isinstance(error, UserError) else ValueError):
        paint.main([*files, "--steps", "9", "--start", "content"])
    assert read_parameters(files[-1]) is not None


def test_impossible_arguments_are_one_sentence(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, style, out = files
    (tmp_path / "text.png").write_text("no picture")
    for arguments in (
        [str(tmp_path / "text.png"), style, out],
        [content, str(tmp_path / "none.jpg"), out],
        [content, style, str(tmp_path / "painted.txt")],
        [content, style, str(tmp_path / "no folder" / "painted.png")],
        [content, style, out, "--timelapse", str(tmp_path / "timelapse.avi")],
        [content, style, out, "--weights", "1,2"],
        [content, out],
        [content, out, "--preset", "no-such-painting"],
        [content, *[style] * 5, out, "--steps", "1", "--start", "content"],
    ):
        sentence(capsys, *arguments)
        assert not Path(out).exists()


def test_existing_files_are_not_overwritten(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    content, style, _ = files
    before = Path(style).read_bytes()
    assert "--overwrite" in sentence(capsys, content, content, style)
    assert Path(style).read_bytes() == before


@pytest.mark.parametrize(
    "wrong",
    [["--seconds", "0"], ["--alpha", "-1"], ["--steps", "nan"], ["--balance", "2"]],
)
def test_numbers_out_of_range_are_refused(files: list[str], wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        paint.parse([*files, *wrong])
    assert caught.value.code == 2


def test_help_does_not_wait_for_torch() -> None:
    program = "import sys; from app.optimize.cli import parse; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_other_formats_hold_no_parameters(files: list[str], tmp_path: Path) -> None:
    picture: Any = np.zeros((8, 8, 3), np.uint8)
    parameters: Any = None
    for name, kind in (("a.JPG", "JPEG"), ("b.webp", "WEBP")):
        paint.save(tmp_path / name, picture, parameters)
        with Image.open(tmp_path / name) as saved:
            assert saved.format == kind
