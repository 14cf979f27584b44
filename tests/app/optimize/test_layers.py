from dataclasses import replace

import pytest

from app.errors import UserError
from app.optimize.features import nearest
from app.optimize.layers import fit_layers
from app.optimize.recipe import PRESETS
from tests.app.optimize.tiny import NAMES


def test_layers_that_a_network_lacks_are_replaced_and_named():
    layers = fit_layers(PRESETS["gatys"], NAMES, nearest)
    assert layers.content == {"relu4_1": 1}
    assert layers.style == dict.fromkeys(NAMES, 0.2)
    (notice,) = layers.notices
    assert "relu4_2" in notice
    assert "relu4_1" in notice


def test_weights_that_fall_on_one_layer_add_up():
    recipe = replace(PRESETS["gatys"], content={"relu4_2": 1, "relu4_1": 2, "relu1_1": 1})
    assert fit_layers(recipe, NAMES, nearest).content == {"relu4_1": 0.75, "relu1_1": 0.25}


@pytest.mark.parametrize("style", [{}, {"relu1_1": 0}, {"relu1_1": -1, "relu2_1": 2}])
def test_a_recipe_must_weigh_something(style):
    with pytest.raises(UserError, match="at least one"):
        fit_layers(replace(PRESETS["gatys"], style=style), NAMES, nearest)
