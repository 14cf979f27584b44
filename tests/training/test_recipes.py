from training.recipes import RECIPES, Recipe, Stage


def test_time_is_shared_by_pixels():
    recipe = Recipe(stages=(Stage(100, 4, 8), Stage(200, 1, 8)))  # as much work in either
    due = [recipe.epoch_at(done) for done in (0, 0.1, 0.2, 0.49, 0.51, 0.99, 1.0)]
    assert due == [0, 0, 1, 3, 4, 4, 4]


def test_every_epoch_of_every_recipe_has_its_time():
    for recipe in RECIPES.values():
        due = [recipe.epoch_at(i / 10_000) for i in range(10_001)]
        assert due == sorted(due)
        assert set(due) == set(range(recipe.epochs))
