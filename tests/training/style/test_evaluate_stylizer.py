import json

import pytest
import torch

from tests.training.style.fixtures import small_style_networks
from training.networks.style_transfer import StyleTransfer, load_style_transfer, save_style_transfer
from training.style import evaluate_stylizer, gatys
from training.style.evaluate_stylizer import (
    Pair,
    Score,
    at_strength,
    compare,
    covered,
    evaluate,
    main,
    style_at,
)
from training.style.gatys import PictureCache, optimise


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    small_style_networks(monkeypatch)
    monkeypatch.setattr(evaluate_stylizer, "ASTRONAUT_SIDE", 96)


def score(content, style):
    return Score(content, style, None, 1.0)


def test_style_at_a_content_loss_lies_between_measured_points():
    curve = [score(0.0, 1.0), score(0.4, 0.01), score(0.2, 0.1)]
    assert style_at(0.2, curve) == pytest.approx(0.1)
    assert style_at(0.3, curve) == pytest.approx(0.1**1.5)
    assert style_at(9.0, curve) == pytest.approx(0.01)


def test_coverage_is_zero_for_the_photograph_and_one_for_the_optimum():
    photograph, curve = score(0.0, 1.0), [score(0.2, 0.1)]
    assert covered(photograph, score(0.2, 0.1), curve) == pytest.approx(1)
    assert covered(photograph, score(0.2, 1.0), curve) == pytest.approx(0)
    assert covered(photograph, score(0.2, 0.55), curve) == pytest.approx(0.5)


def test_optimisation_beats_the_photograph_and_an_untrained_stylizer(features, tmp_path):
    generator = torch.Generator().manual_seed(0)
    photograph = torch.rand(1, 3, 64, 64, generator=generator)
    style = torch.rand(1, 3, 64, 64, generator=generator) ** 4
    pair = Pair(photograph, style, features, None)
    torch.manual_seed(0)
    cache = PictureCache(tmp_path, ("random",), 20)
    numbers, rows = compare(StyleTransfer().eval(), [pair], cache, (0.3, 30.0))
    scores = numbers["scores"]
    assert scores["photograph"]["content"] == pytest.approx(0, abs=1e-6)
    assert scores["photograph"]["ssim"] == pytest.approx(1)
    assert scores["photograph"]["lpips"] is None
    assert scores["gatys, beta 30"]["style"] < 0.5 * scores["photograph"]["style"]
    assert scores["gatys, beta 30"]["style"] < scores["gatys, beta 0.3"]["style"]
    assert scores["gatys, beta 30"]["content"] > scores["gatys, beta 0.3"]["content"]
    assert len(rows[0]) == 4


def test_likeness_and_leak_are_those_of_all_styles(features):
    torch.manual_seed(0)
    pairs = [Pair(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), features, None)] * 2
    numbers = evaluate(StyleTransfer().eval(), pairs)
    assert numbers["pairs"] == 2
    assert numbers["stroke_likeness"] == pytest.approx(1, abs=1e-3)  # one style twice
    assert -1 <= numbers["colour_leak"] <= 1
    assert numbers["scores"]["stylizer"]["style"] > 0


def test_strength_goes_from_the_photographs_own_style_to_the_other(features):
    torch.manual_seed(0)
    network = StyleTransfer().eval()
    pair = Pair(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64) ** 4, features, None)
    with torch.no_grad():
        own, other = (network(pair.photograph, x) for x in (pair.photograph, pair.style))
        torch.testing.assert_close(at_strength(network, pair, 0.0), own)
        torch.testing.assert_close(at_strength(network, pair, 1.0), other)


@pytest.fixture
def optimisations(monkeypatch):
    """One entry for every optimisation from now on."""
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return optimise(*arguments)

    monkeypatch.setattr(gatys, "optimise", counted)
    return calls


@pytest.fixture
def command(folders, feature_file):
    """The command line that all evaluations have in common."""
    photos, paintings = folders
    sources = ["--photos", str(photos), "--styles", str(paintings), "--features", str(feature_file)]
    return [
        *sources,
        "--pairs",
        "3",
        "--optimised",
        "2",
        "--size",
        "48",
        "--steps",
        "2",
        "--beta",
        "1",
        "30",
    ]


def test_a_second_network_is_measured_without_another_optimisation(
    command, tmp_path, optimisations
):
    kept = str(tmp_path / "kept")
    main(["--only-gatys", "--gatys", kept, *command])
    assert len(optimisations) == 4
    found = []
    for seed, name in enumerate(("first", "second")):
        torch.manual_seed(seed)
        path = tmp_path / name / "model.safetensors"
        save_style_transfer(path, StyleTransfer(), {"training": {}})
        main([str(path), "--gatys", kept, *command])
        found.append(json.loads((path.parent / "evaluation.json").read_text()))
        assert load_style_transfer(path)[1]["metrics"] == found[-1]
        assert (path.parent / "evaluation.png").exists()
    assert len(optimisations) == 4
    scores = [numbers["gatys"]["scores"] for numbers in found]
    names = {"photograph", "stylizer", "gatys, beta 1", "gatys, beta 30"}
    assert scores[0].keys() == names
    assert {name for name in names if scores[0][name] != scores[1][name]} == {"stylizer"}


def test_optimisation_can_be_left_out(command, tmp_path, optimisations):
    path = tmp_path / "model.safetensors"
    save_style_transfer(path, StyleTransfer(), {})
    main([str(path), *command, "--optimised", "0"])
    numbers = json.loads((tmp_path / "evaluation.json").read_text())
    assert not optimisations
    assert "gatys" not in numbers
    strengths = {f"stylizer, strength {strength}" for strength in ("0.25", "0.5", "0.75")}
    assert numbers["scores"].keys() == {"photograph", "stylizer", *strengths}


def test_optimised_pictures_are_kept_beside_the_network(command, tmp_path, optimisations):
    path = tmp_path / "model.safetensors"
    save_style_transfer(path, StyleTransfer(), {})
    for _ in range(2):
        main([str(path), *command])
        assert len(optimisations) == len(list((tmp_path / "gatys").iterdir())) == 4


@pytest.mark.parametrize(
    ("options", "reason"),
    [([], "a network is needed"), (["--only-gatys"], "--gatys must say where")],
)
def test_a_missing_argument_is_an_error(command, capsys, options, reason):
    with pytest.raises(SystemExit):
        main([*options, *command])
    assert reason in capsys.readouterr().err
