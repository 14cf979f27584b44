import pytest
import torch

from training.evaluate_stylizer import Pair, Score, covered, evaluate, style_at
from training.networks.painter import Painter


def score(content, style):
    return Score(content, style, None, 1.0)


def test_style_at_a_content_loss_lies_between_measured_points():
    curve = [score(0.0, 1.0), score(0.4, 0.01), score(0.2, 0.1)]
    assert style_at(0.2, curve) == pytest.approx(0.1)
    assert style_at(0.3, curve) == pytest.approx(0.1**1.5)
    assert style_at(9.0, curve) == pytest.approx(0.01)


def test_coverage_is_nothing_for_the_photograph_and_all_for_the_optimum():
    photograph, curve = score(0.0, 1.0), [score(0.2, 0.1)]
    assert covered(photograph, score(0.2, 0.1), curve) == pytest.approx(1)
    assert covered(photograph, score(0.2, 1.0), curve) == pytest.approx(0)
    assert covered(photograph, score(0.2, 0.55), curve) == pytest.approx(0.5)


def test_optimisation_beats_the_photograph_and_an_untrained_stylizer(features):
    generator = torch.Generator().manual_seed(0)
    photograph = torch.rand(1, 3, 64, 64, generator=generator)
    style = torch.rand(1, 3, 64, 64, generator=generator) ** 4
    pair = Pair(photograph, style, features, None)
    torch.manual_seed(0)
    numbers, rows = evaluate(Painter().eval(), [pair], steps=20)
    scores = numbers["scores"]
    assert scores["photograph"]["content"] == pytest.approx(0, abs=1e-6)
    assert scores["photograph"]["ssim"] == pytest.approx(1)
    assert scores["photograph"]["lpips"] is None
    assert scores["gatys, beta 30"]["style"] < 0.5 * scores["photograph"]["style"]
    assert scores["gatys, beta 30"]["style"] < scores["gatys, beta 0.3"]["style"]
    assert scores["gatys, beta 30"]["content"] > scores["gatys, beta 0.3"]["content"]
    assert len(rows[0]) == 4
