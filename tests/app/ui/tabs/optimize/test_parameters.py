"""Paintings that are dropped on Paint slowly: settings, styles and picture are restored."""

from pathlib import Path

import numpy as np

from app.generation_parameters import (
    GenerationParameters,
    StyleShare,
    encode_with_parameters,
    read_parameters,
)
from app.ui.handlers import ComponentValues
from app.ui.painting.sliders import slider_positions
from app.ui.tabs.optimize.form import BALANCE
from app.ui.tabs.optimize.parameters import restore
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.painting.actions import press
from tests.app.ui.tabs.optimize.quick_engine import SETTINGS, begin, drop, file


def test_settings_are_restored_from_a_painting(tab: OptimizeTab, values: ComponentValues) -> None:
    advanced = tab.form.advanced
    settings = {tab.form.time: 30, tab.form.size: 384, advanced.beta: 7, advanced.seed: 3}
    guitar = press(len(tab.style_picker.presets) + 2)
    chosen = tab._choose(values, guitar)[tab.state]
    last = begin(tab, values | settings | {tab.state: chosen})[-1]
    png = file(last, tab.job_panel.png)
    parameters = read_parameters(png)
    assert parameters is not None
    assert parameters.settings["painted"] == "slowly"
    shown = drop(tab, values, png)
    assert {part: shown[part] for part in settings} == settings
    assert shown[tab.state].style_mix.description() == "Table with guitar"


def test_a_preset_is_a_target_without_a_picture_and_is_restored(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    chosen = tab._choose(values, press(1))[tab.state]
    balance = slider_positions(BALANCE, [80])
    last = begin(tab, values | {tab.state: chosen, tab.form.balance: balance})[-1]
    job = values[tab.job_state].job
    (style,) = job.spec.styles
    assert style.picture is None
    assert style.statistics is tab.context.bundle.targets["the-cat"]
    assert job.spec.recipe.balance == 0.8
    png = file(last, tab.job_panel.png)
    shown = drop(tab, values, png)
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.form.balance]["values"] == [80]


def test_parameters_from_before_there_was_a_balance_are_restored(tab: OptimizeTab) -> None:
    settings = {"painted": "slowly", "recipe": "Deep Brush", "alpha": 2, "beta": 30, "time": 30}
    old = GenerationParameters(
        (StyleShare("Table with guitar"),), settings, {"texture encoder": "0.1"}
    )
    restored = restore(old, SETTINGS, tab.style_picker.find, tab.context.example(5))
    recipe = restored.settings.recipe
    assert (recipe.alpha, recipe.beta, recipe.balance) == (2, 30, 0.5)
    assert restored.style_mix is not None
    assert restored.style_mix.description() == "Table with guitar"


def test_a_painting_made_at_once_is_recognised(
    tab: OptimizeTab, values: ComponentValues, tmp_path: Path
) -> None:
    settings = {"picture": "Harbour at dawn", "strength": 0.5, "colours": "palette"}
    styles = (StyleShare("the-cat", 1, "the-cat"), StyleShare("Realism", 1, "realism"))
    png = encode_with_parameters(
        np.zeros((8, 8, 3), np.uint8), GenerationParameters(styles, settings)
    )
    (tmp_path / "painted.png").write_bytes(png)
    advanced = tab.form.advanced
    shown = drop(tab, values | {tab.form.time: 30, advanced.seed: 7}, tmp_path / "painted.png")
    assert shown[tab.state].style_mix.description() == "the-cat"
    assert shown[tab.state].uploaded.title == "Harbour at dawn"
    assert (shown[advanced.colours], shown[tab.form.time], shown[advanced.seed]) == (
        "palette",
        30,
        7,
    )
    assert "painted at once" in shown[tab.notice]
    assert "Realism\N{RIGHT DOUBLE QUOTATION MARK} can only" in shown[tab.notice]


def test_a_number_of_steps_is_restored(tab: OptimizeTab) -> None:
    parameters = GenerationParameters(
        (StyleShare("Table with guitar"),), {"painted": "slowly", "time": 0, "steps": 40}
    )
    settings = restore(parameters, SETTINGS, tab.style_picker.find, tab.context.example(5)).settings
    assert (settings.seconds, settings.recipe.steps) == (None, 40)
    assert tab.form.update(settings)[tab.form.advanced.steps] == 40
