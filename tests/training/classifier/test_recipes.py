import pytest

from training.classifier.recipes import RECIPES, Stage, TrainingRecipe, choose_recipe
from training.classifier.train import parse_args


def test_time_is_shared_by_pixels():
    recipe = TrainingRecipe(stages=(Stage(100, 4, 8), Stage(200, 1, 8)))  # as much work in either
    due = [recipe.epoch_at(done) for done in (0, 0.1, 0.2, 0.49, 0.51, 0.99, 1.0)]
    assert due == [0, 0, 1, 3, 4, 4, 4]


def test_every_epoch_of_every_recipe_has_its_time():
    for recipe in RECIPES.values():
        due = [recipe.epoch_at(i / 10_000) for i in range(10_001)]
        assert due == sorted(due)
        assert set(due) == set(range(recipe.epochs))


def test_the_command_line_decides_batch_and_logit_adjustment():
    command = ["manifest.csv", "--out", "run"]
    assert choose_recipe(parse_args(command)) == RECIPES["progressive"]
    recipe = choose_recipe(parse_args([*command, "--batch", "48", "--logit-adjustment", "0.3"]))
    assert {stage.batch for stage in recipe.stages} == {48}
    assert [s.size for s in recipe.stages] == [s.size for s in RECIPES["progressive"].stages]
    assert recipe.logit_adjustment == 0.3


def test_artnets_recipe_has_no_logit_adjustment():
    assert RECIPES["artnet"].logit_adjustment == 0


def test_artnets_rate_halves_every_second_epoch():
    rates = [RECIPES["artnet"].rate(0.0, epoch) for epoch in range(5)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 5e-5, 2.5e-5])


def test_cosine_warms_up_and_ends_at_zero():
    recipe = RECIPES["progressive"]
    rates = [recipe.rate(done, 0) for done in (0, 0.03, 0.5, 1)]
    assert rates[0] < 0.1 * recipe.learning_rate
    assert rates[1] == pytest.approx(recipe.learning_rate, rel=0.01)
    assert rates[2] == pytest.approx(recipe.learning_rate / 2)
    assert rates[3] == pytest.approx(0)
