import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from export.benchmarks import __main__, gatys
from export.benchmarks.gatys import _steps_to
from export.benchmarks.pytorch_tutorial import SCALE, tutorial, tutorial_losses
from training.networks.texture_encoder import TextureEncoder, save_texture_encoder
from training.networks.vgg import LAYERS, VGG, Padding, Pooling


def small_kernels() -> dict[str, tuple[Tensor, Tensor]]:
    """Of VGG19 up to relu5_1, four channels wide."""
    torch.manual_seed(0)
    names = [name.replace("relu", "conv") for name in LAYERS[:13]]
    widths = (3, *[4] * len(names))
    return {
        name: (torch.nn.init.kaiming_normal_(torch.empty(4, inputs, 3, 3)), torch.zeros(4))
        for name, inputs in zip(names, widths, strict=False)
    }


def small_vgg(pooling: Pooling = "max", edge: Padding | None = None) -> VGG:
    return VGG(list(small_kernels().values()), pooling=pooling, edge=edge)


def test_the_reference_computes_what_the_tutorial_does() -> None:
    torch.manual_seed(0)
    goal, start = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)

    def losses(picture: Tensor) -> tuple[Tensor, Tensor]:
        return (picture - goal).square().mean(), (picture.sin() - goal).pow(4).mean()

    picture, theirs = start.clone().requires_grad_(), []
    optimiser = torch.optim.LBFGS([picture], tolerance_grad=0, tolerance_change=0)

    def closure() -> Tensor:  # as the tutorial has it
        with torch.no_grad():
            picture.clamp_(0, 1)
        optimiser.zero_grad()
        content, style = losses(picture)
        total = SCALE * (content + 3 * style)
        total.backward()
        theirs.append(total.item() / SCALE)
        return total

    optimiser.step(closure)
    ours = [loss for _, loss in islice(tutorial(start, losses, beta=3), len(theirs))]
    assert len(theirs) == 20
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_the_reference_paints(painting: np.ndarray) -> None:
    content, style = (
        torch.from_numpy(painting[top : top + 48, :48].copy()).permute(2, 0, 1)[None] / 255
        for top in (0, 200)
    )
    losses = tutorial_losses(VGG(list(small_kernels().values())), content, style)
    found = [loss for _, loss in islice(tutorial(content, losses, beta=1e6), 30)]
    assert min(found) < 0.7 * found[0]


def test_steps_that_are_saved_are_counted_between_measurements() -> None:
    counts, losses = [10, 20, 40], [5.0, 3.0, 2.0]
    assert _steps_to(4.0, counts, losses) == 15
    assert _steps_to(2.5, counts, losses) == 30
    assert _steps_to(1.0, counts, losses) is None


def test_all_parts_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder, teacher = tmp_path / "encoder.safetensors", tmp_path / "teacher.safetensors"
    save_texture_encoder(encoder, TextureEncoder(), {})
    kernels = small_kernels().items()
    weights = {f"{name}.weight": weight for name, (weight, _) in kernels}
    save_file(weights | {f"{name}.bias": bias for name, (_, bias) in kernels}, teacher)
    monkeypatch.setattr(gatys, "random_vgg", small_vgg)
    monkeypatch.setattr(gatys, "FIRST_BUDGET", 0.3)
    monkeypatch.setattr(gatys, "WARM_STEPS", (1, 2))
    command = (
        f"gatys --encoder {encoder} --features {teacher} --sizes 48 --steps 2 --runs 1 --threads"
    )
    command += " 1 --budgets 0.3 --parts speed quality start time"
    monkeypatch.setattr(sys, "argv", ["benchmark", *command.split()])
    __main__.main()
    output = capsys.readouterr().out
    for candidate in ("tutorial, VGG19", "ours, VGG19", "ours, texture encoder"):
        assert candidate in output
    for losses in ("its own", "these"):
        assert f"tutorial, {losses} losses, 2 steps" in output
    assert "ours, " in output[output.index("tutorial, these") :]
    assert output.count(" steps  ") >= 3
    assert "%" in output.splitlines()[-1]


def test_without_a_teacher_the_skipped_part_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = tmp_path / "encoder.safetensors"
    save_texture_encoder(encoder, TextureEncoder(), {})
    command = ["benchmark", "gatys", "--encoder", str(encoder), "--parts", "quality"]
    monkeypatch.setattr(sys, "argv", command)
    __main__.main()
    assert "--features" in capsys.readouterr().out
