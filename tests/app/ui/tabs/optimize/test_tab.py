"""The handlers of Paint slowly, called as Gradio calls them, with a quick engine."""

import gc
import time
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState
from PIL import Image

from app.generation_parameters import (
    GenerationParameters,
    StyleShare,
    encode_with_parameters,
    read_parameters,
)
from app.optimize.recipe import PRESETS
from app.optimize.spec import GatysStep, Level, Losses, Plan
from app.settings import Settings
from app.ui import background_job
from app.ui.context import SESSION_EXPIRED, AppContext
from app.ui.handlers import ComponentValues, Updates
from app.ui.painting.form import EACH
from app.ui.painting.sliders import slider_positions
from app.ui.painting.style_mix import Style, StyleMix
from app.ui.sessions import SESSIONS
from app.ui.tabs.optimize.form import BALANCE, PRESET
from app.ui.tabs.optimize.job import OptimizationJob, OptimizationState
from app.ui.tabs.optimize.job_panel import BUSY
from app.ui.tabs.optimize.parameters import restore
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.optimize.tab import OptimizeTab
from tests.app.ui.painting import actions
from tests.app.ui.painting.actions import drawing, file_data, press, upload

STEPS = 8
SETTINGS = OptimizeSettings(recipe=PRESETS[PRESET])
PLAN = Plan((Level(40, 30, 4, 2.0), Level(80, 60, 4, 2.0)), 10**6, ("It is smaller.",))


class Engine:
    """Counts to eight, slowly enough to be stopped."""

    def __init__(self, spec: Any, *_: Any) -> None:
        self.spec, self.plan, self.done = spec, PLAN, 0

    @property
    def picture(self) -> np.ndarray:
        return np.full((60, 80, 3), 20 * self.done, np.uint8)

    def run(self):
        while self.done < STEPS:
            time.sleep(0.01)
            self.done += 1
            losses = Losses(1 / self.done, 1 / self.done, 0.0, 2 / self.done)
            yield GatysStep(
                step=self.done,
                total=STEPS,
                picture=self.picture,
                seconds=self.done / 2,
                losses=losses,
                level=(self.done - 1) // 4,
                plan=PLAN,
            )


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_job, "POLL_INTERVAL", 0.005)

    def steps(job: OptimizationJob):
        job._optimization = job._optimization or Engine(job.spec)
        job.plan, job.device = PLAN, "CPU"
        yield from job._optimization.run()

    monkeypatch.setattr(OptimizationJob, "_steps", steps)
    monkeypatch.setattr("app.ui.tabs.optimize.parameters.network_version", lambda name: "1")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def tab(page: gr.Blocks, classifier, bundle) -> OptimizeTab:
    with page:
        return OptimizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def values(tab: OptimizeTab) -> ComponentValues:
    """What the page says when it has just opened."""
    return {part: part.value for part in tab.inputs} | {tab.job_state: OptimizationState()}


REQUEST = SimpleNamespace(session_hash="ann")


def file(updates: Updates, part: Any) -> Path:
    return Path(updates[part]["value"])


def begin(tab: OptimizeTab, values: ComponentValues) -> list[Updates]:
    return list(tab.job_panel.begin(values, REQUEST))


def drop(tab: OptimizeTab, values: ComponentValues, png: Path) -> Updates:
    """Upload a painting, and ask for its settings."""
    return actions.restore(tab, values, file_data(png))


def test_a_picture_is_painted_and_can_be_downloaded(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    first, *middle, last = begin(tab, values)
    assert first[tab.form.stop]["visible"] is True
    assert any("Scale 2 of 2, 80" in step[tab.job_panel.notice] for step in middle)
    assert "Painted, in 4 s and 8 steps" in last[tab.job_panel.notice]
    assert "It is smaller." in last[tab.job_panel.notice]
    with Image.open(file(last, tab.job_panel.png)) as image:
        assert image.size == (80, 60)
    with Image.open(file(last, tab.job_panel.jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (80, 60))
    assert [file(last, part).suffix for part in (tab.job_panel.mp4, tab.job_panel.gif)] == [
        ".mp4",
        ".gif",
    ]
    assert "<video" in last[tab.job_panel.timelapse]
    assert tab.result(values)[0] == "Chelsea the cat, painted"


def test_the_picture_and_the_losses_are_shown_while_painting(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    shown = [step for step in begin(tab, values) if tab.compare_slider in step]
    assert len({step[tab.compare_slider]["overlay"] for step in shown}) > 2
    assert "<svg" in shown[-1][tab.job_panel.chart]


def test_a_stopped_painting_continues_at_the_same_step(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    steps = tab.job_panel.begin(values, REQUEST)
    while values[tab.job_state].job is None or values[tab.job_state].job.steps < 2:
        next(steps)
    values[tab.job_state].stop()
    last = list(steps)[-1]
    job = values[tab.job_state].job
    stopped = job.steps
    assert stopped < STEPS
    assert f"Stopped at step {stopped} of {STEPS}" in last[tab.job_panel.notice]
    assert tab.job_panel.rest(values[tab.job_state])[2] == gr.update(visible=True, value="Go on")
    list(tab.job_panel.go_on(values, REQUEST))
    assert [step for step, losses in job.losses] == list(range(1, STEPS + 1))


def test_continuing_a_finished_painting_takes_as_long_again(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    begin(tab, values)
    job = values[tab.job_state].job
    finished = job.picture
    last = list(tab.job_panel.go_on(values, REQUEST))[-1]
    assert job.spec.start is finished
    assert job.spec.recipe.scales == 1
    assert job.spec.keep_size
    assert f"{2 * STEPS} steps" in last[tab.job_panel.notice]


def test_leaving_ends_the_painting_and_frees_its_memory(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    steps = tab.job_panel.begin(values, REQUEST)
    while values[tab.job_state].job is None or values[tab.job_state].job.steps < 2:
        next(steps)
    job = weakref.ref(values[tab.job_state].job)
    steps.close()
    assert values[tab.job_state].job is None
    assert values[tab.job_state].busy is False
    end = time.monotonic() + 5
    while job() is not None and time.monotonic() < end:  # It finishes the current step.
        time.sleep(0.01)
        gc.collect()
    assert job() is None


def test_no_timelapse_is_made_once_the_visitor_has_left(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    shown = []
    for step in tab.job_panel.begin(values, REQUEST):
        shown.append(step)
        if values[tab.job_state].job is not None and values[tab.job_state].job.steps >= 2:
            SESSIONS.clear(REQUEST.session_hash)
    assert not any(tab.job_panel.png in step for step in shown)
    assert values[tab.job_state].job is None


def test_closing_the_page_later_frees_the_painting(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    begin(tab, values)
    SESSIONS.clear("bob")
    assert values[tab.job_state].job is not None
    SESSIONS.clear(REQUEST.session_hash)
    assert values[tab.job_state].job is None
    assert values[tab.job_state].result is None


def test_each_visitor_has_a_job_state_of_their_own(page: gr.Blocks, tab: OptimizeTab) -> None:
    one, other = (SessionState(page)[tab.job_state._id] for _ in range(2))
    assert one is not other


def test_while_painting_styles_wait_and_pictures_are_refused(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    values[tab.job_state].busy = True
    shown = tab._choose(values, press(0))
    assert tab.compare_slider not in shown
    assert shown[tab.state].style_mix.description() == "the-coffee"
    assert BUSY in tab.image_input._receive_example(values, press(0))[tab.notice]


def test_another_style_is_sketched_at_once(tab: OptimizeTab, values: ComponentValues) -> None:
    before = values[tab.state].sketch
    shown = tab._choose(values, press(3))
    assert "a quick sketch" in shown[tab.compare_slider]["legend"]
    assert not np.array_equal(shown[tab.state].sketch, before)


def test_each_style_can_have_a_mask(tab: OptimizeTab, values: ComponentValues) -> None:
    pressed = press(2)
    shown = tab._choose(values | {tab.style_picker.blend: True}, pressed)
    session = shown[tab.state]
    sheet = np.full((30, 40, 3), 255, np.uint8)
    sheet[:, :20] = 0
    first, second = session.style_mix.styles
    values |= {tab.masks.meaning: EACH, tab.masks.drawing: {second.key: drawing(sheet)}}
    spec = session.spec(tab.context.bundle, tab.form.read(values).settings)
    assert spec.mask is None
    assert spec.styles[0].region is None
    np.testing.assert_array_equal(spec.styles[1].region, 255 - sheet[..., 0])
    shown = tab._change(values | {tab.state: session})
    assert first.title in shown[tab.masks.pens]
    apart, blended = shown[tab.state].sketch, session.sketched(tab.stylizer, SETTINGS).sketch
    assert (apart != blended).any()


def test_unticking_blend_keeps_one_style(tab: OptimizeTab, values: ComponentValues) -> None:
    shown = tab._choose(values | {tab.style_picker.blend: True}, press(2))
    assert shown[tab.style_picker.blend] is True
    values |= {tab.state: shown[tab.state], tab.style_picker.blend: False}
    assert len(tab._unblend(values)[tab.state].style_mix.styles) == 1


def test_waiting_in_the_queue_is_said_beside_the_button(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    panel, form = tab.job_panel, tab.form
    paint, stop, go_on, leave, waiting = panel.wait(values[tab.job_state])
    assert [part["visible"] for part in (paint, stop, go_on, leave)] == [False, False, False, True]
    assert "One picture is painted at a time" in waiting["value"]
    first = next(panel.begin(values, REQUEST))
    assert first[form.leave]["visible"] is False
    assert first[form.waiting] == ""
    resting = dict(zip(form.buttons, panel.rest(OptimizationState()), strict=True))
    assert resting[form.paint] == gr.update(visible=True, value="Paint")
    assert resting[form.leave]["visible"] is False


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("content", [], "tick one"),
        ("style", ["relu9_1"], "no such layers"),
        ("beta", -1, "A weight must be"),
        ("seed", 2**40, "one exceeds"),
        ("network", "vgg99", "no such network"),
    ],
)
def test_impossible_settings_are_answered_in_the_page(
    tab: OptimizeTab, values: ComponentValues, part: str, value: object, sentence: str
) -> None:
    (last,) = begin(tab, values | {getattr(tab.form.advanced, part): value})
    assert sentence in last[tab.job_panel.notice]


def test_a_recipe_sets_the_form(tab: OptimizeTab, values: ComponentValues) -> None:
    advanced = tab.form.advanced
    recipe_updates = advanced.choose_preset("gatys", "vgg19")
    assert recipe_updates[advanced.content] == ["relu4_2"]
    assert recipe_updates[advanced.optimiser] == "lbfgs"
    chosen = {advanced.preset: "gatys", advanced.network: "vgg19"}
    recipe = tab.form.read(values | chosen | recipe_updates).settings.recipe
    assert recipe.statistics == "gram"
    assert recipe.content == {"relu4_2": 1.0}


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


def test_only_presets_with_statistics_are_offered(tab: OptimizeTab) -> None:
    offered = [style.preset for style in tab.style_picker.styles[: len(tab.style_picker.presets)]]
    assert offered == ["the-coffee", "the-cat"]


def test_an_expired_session_asks_for_the_picture_again(
    tab: OptimizeTab, values: ComponentValues
) -> None:
    (last,) = begin(tab, values | {tab.token: "another"})
    assert SESSION_EXPIRED in last[tab.job_panel.notice]
    (last,) = tab.job_panel.go_on(values, REQUEST)
    assert SESSION_EXPIRED in last[tab.job_panel.notice]


def test_picture_and_styles_are_taken_over_from_paint(
    tab: OptimizeTab, values: ComponentValues, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cat = Style("the-cat", tab.style_picker.styles[1].vector, preset="the-cat")
    shown = tab.receive(values, uploaded, StyleMix.of(cat))
    session = shown[tab.state]
    assert session.uploaded is uploaded
    assert session.style_mix.styles == (tab.style_picker.styles[1],)
    assert shown[tab.style_picker.galleries[0]] == {"pressed": [1]}
    assert shown[tab.notice] == tab.image_input.hint


def test_a_style_that_cannot_be_painted_slowly_is_named(
    tab: OptimizeTab, values: ComponentValues, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cubism = Style("Cubism", np.zeros(256, np.float32), preset="cubism")
    shown = tab.receive(values, uploaded, StyleMix.of(cubism))
    assert "Cubism is a style of the Paint tab only" in shown[tab.notice]
    assert shown[tab.state].style_mix is values[tab.state].style_mix


def test_an_upload_is_refused_unread_while_painting(
    tab: OptimizeTab, values: ComponentValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AppContext, "upload_path", lambda *_: pytest.fail("It was opened first."))
    sent = file_data(Path("a.png"))
    assert (
        BUSY
        in upload(tab, values | {tab.job_state: OptimizationState(busy=True)}, sent)[tab.notice]
    )
