"""The Paint slowly room: the handlers, called as Gradio calls them, with a quick engine."""

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
from app.ui.sessions import SESSIONS
from app.ui.tabs.optimize.advanced import PRESET
from app.ui.tabs.optimize.form import BALANCE
from app.ui.tabs.optimize.job import JobState, OptimizationJob
from app.ui.tabs.optimize.parameters import restore
from app.ui.tabs.optimize.progress import BUSY
from app.ui.tabs.optimize.session import OptimizeSettings
from app.ui.tabs.optimize.tab import OptimizeTab
from app.ui.tabs.stylize.masking import EACH
from app.ui.tabs.stylize.style_mix import Style, StyleMix
from app.ui.tabs.stylize.widgets import slider_positions
from tests.app.ui.tabs.stylize.stylize_tab import drawing

Said = dict[Any, Any]
STEPS = 8
ORDER = OptimizeSettings(PRESETS[PRESET])
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

    def own(run: OptimizationJob):
        run._optimisation = run._optimisation or Engine(run.spec)
        run.plan, run.device = PLAN, "CPU"
        yield from run._optimisation.run()

    monkeypatch.setattr(OptimizationJob, "_own", own)
    monkeypatch.setattr("app.ui.tabs.optimize.parameters.network_version", lambda name: "1")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def tab(page: gr.Blocks, classifier, bundle) -> OptimizeTab:
    with page:
        return OptimizeTab(AppContext(classifier, Settings(), bundle))


@pytest.fixture
def said(tab: OptimizeTab) -> Said:
    """What the page says when it has just opened."""
    return {part: part.value for part in tab.inputs} | {tab.job_state: JobState()}


REQUEST = SimpleNamespace(session_hash="ann")


def file(shown: Said, part: Any) -> Path:
    return Path(shown[part]["value"])


def begin(tab: OptimizeTab, said: Said) -> list[Said]:
    return list(tab.work._begin(said, REQUEST))


def bring(tab: OptimizeTab, said: Said, sent: dict[str, Any]) -> Said:
    return tab.image_input._receive_upload(said | {tab.image_input.uploaded_file: sent})


def drop(tab: OptimizeTab, said: Said, png: Path) -> Said:
    """Drop a painting, and ask for its settings."""
    asked = bring(tab, said, {"path": str(png), "meta": {"_type": "gradio.FileData"}})
    pending = tab.question.pending
    return tab.question.answer(said | {pending: asked[pending]}, SimpleNamespace(index=0))


def test_a_picture_is_painted_and_can_be_taken_home(tab: OptimizeTab, said: Said) -> None:
    first, *middle, last = begin(tab, said)
    assert first[tab.form.stop]["visible"] is True
    assert any("Scale 2 of 2, 80" in step[tab.work.notice] for step in middle)
    assert "Painted, in 4 s and 8 steps" in last[tab.work.notice]
    assert "It is smaller." in last[tab.work.notice]
    with Image.open(file(last, tab.work.save)) as image:
        assert image.size == (80, 60)
    with Image.open(file(last, tab.work.jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (80, 60))
    assert [file(last, film).suffix for film in (tab.work.mp4, tab.work.gif)] == [".mp4", ".gif"]
    assert "<video" in last[tab.work.film]
    assert tab.home(said)[1] == "Chelsea the cat, painted"


def test_the_easel_and_the_losses_follow_the_painting(tab: OptimizeTab, said: Said) -> None:
    shown = [step for step in begin(tab, said) if tab.compare_slider in step]
    assert len({step[tab.compare_slider]["overlay"] for step in shown}) > 2
    assert "<svg" in shown[-1][tab.work.chart]


def test_it_stops_and_goes_on_exactly_there(tab: OptimizeTab, said: Said) -> None:
    steps = tab.work._begin(said, REQUEST)
    while said[tab.job_state].run is None or said[tab.job_state].run.steps < 2:
        next(steps)
    tab.work._stop(said[tab.job_state])
    last = list(steps)[-1]
    run = said[tab.job_state].run
    stopped = run.steps
    assert stopped < STEPS
    assert f"Stopped at step {stopped} of {STEPS}" in last[tab.work.notice]
    assert tab.work._rest(said[tab.job_state])[2] == gr.update(visible=True, value="Go on")
    list(tab.work._go_on(said, REQUEST))
    assert [step for step, _ in run.losses] == list(range(1, STEPS + 1))


def test_going_on_after_the_end_takes_as_long_again(tab: OptimizeTab, said: Said) -> None:
    begin(tab, said)
    run = said[tab.job_state].run
    finished = run.picture
    last = list(tab.work._go_on(said, REQUEST))[-1]
    assert run.spec.start is finished
    assert run.spec.recipe.scales == 1
    assert run.spec.keep_size
    assert f"{2 * STEPS} steps" in last[tab.work.notice]


def test_who_leaves_ends_the_painting_and_frees_its_memory(tab: OptimizeTab, said: Said) -> None:
    steps = tab.work._begin(said, REQUEST)
    while said[tab.job_state].run is None or said[tab.job_state].run.steps < 2:
        next(steps)
    run = weakref.ref(said[tab.job_state].run)
    steps.close()
    assert said[tab.job_state].run is None
    assert said[tab.job_state].busy is False
    end = time.monotonic() + 5
    while run() is not None and time.monotonic() < end:  # It finishes the step at hand.
        time.sleep(0.01)
        gc.collect()
    assert run() is None


def test_who_leaves_has_no_film_made_any_more(tab: OptimizeTab, said: Said) -> None:
    shown = []
    for step in tab.work._begin(said, REQUEST):
        shown.append(step)
        if said[tab.job_state].run is not None and said[tab.job_state].run.steps >= 2:
            SESSIONS.clear(REQUEST.session_hash)
    assert not any(tab.work.save in step for step in shown)
    assert said[tab.job_state].run is None


def test_who_closes_the_page_later_leaves_nothing_behind(tab: OptimizeTab, said: Said) -> None:
    begin(tab, said)
    SESSIONS.clear("bob")
    assert said[tab.job_state].run is not None
    SESSIONS.clear(REQUEST.session_hash)
    assert said[tab.job_state].run is None
    assert said[tab.job_state].home is None


def test_each_visitor_has_a_desk_of_their_own(page: gr.Blocks, tab: OptimizeTab) -> None:
    one, other = (SessionState(page)[tab.job_state._id] for _ in range(2))
    assert one is not other


def test_while_it_is_painted_styles_wait_and_pictures_are_refused(
    tab: OptimizeTab, said: Said
) -> None:
    said[tab.job_state].busy = True
    shown = tab._choose(said, SimpleNamespace(index=0, value=None))
    assert tab.compare_slider not in shown
    assert shown[tab.state].style_mix.words() == "the-coffee"
    assert BUSY in tab.image_input._receive_example(said, SimpleNamespace(index=0))[tab.notice]


def test_another_style_is_sketched_at_once(tab: OptimizeTab, said: Said) -> None:
    before = said[tab.state].sketch
    shown = tab._choose(said, SimpleNamespace(index=3, value=None))
    assert "sketch by the instant painter" in shown[tab.compare_slider]["legend"]
    assert not np.array_equal(shown[tab.state].sketch, before)


def test_each_style_can_have_a_mask(tab: OptimizeTab, said: Said) -> None:
    pressed = SimpleNamespace(index=2, value=None)
    shown = tab._choose(said | {tab.style_picker.blend: True}, pressed)
    session = shown[tab.state]
    sheet = np.full((30, 40, 3), 255, np.uint8)
    sheet[:, :20] = 0
    first, second = session.style_mix.styles
    said |= {tab.masks.side: EACH, tab.masks.sheet: {second.key: drawing(sheet)}}
    spec = session.spec(tab.context.bundle, tab.form.settings(said))
    assert spec.mask is None
    assert spec.styles[0].region is None
    np.testing.assert_array_equal(spec.styles[1].region, 255 - sheet[..., 0])
    shown = tab._change(said | {tab.state: session})
    assert first.title in shown[tab.masks.pens]
    apart, blended = shown[tab.state].sketch, session.sketched(tab.stylizer, ORDER).sketch
    assert (apart != blended).any()


def test_unticking_blend_leaves_one_style(tab: OptimizeTab, said: Said) -> None:
    shown = tab._choose(said | {tab.style_picker.blend: True}, SimpleNamespace(index=2, value=None))
    assert shown[tab.style_picker.blend] is True
    said |= {tab.state: shown[tab.state], tab.style_picker.blend: False}
    assert len(tab._unblend(said)[tab.state].style_mix.styles) == 1


def test_who_waits_in_line_is_told_beside_the_button(tab: OptimizeTab, said: Said) -> None:
    work, form = tab.work, tab.form
    paint, stop, go_on, leave, waiting = work._wait(said[tab.job_state])
    assert [part["visible"] for part in (paint, stop, go_on, leave)] == [False, False, False, True]
    assert "One picture is painted at a time" in waiting["value"]
    first = next(work._begin(said, REQUEST))
    assert first[form.leave]["visible"] is False
    assert first[form.waiting] == ""
    rest = dict(zip(form.buttons, work._rest(JobState()), strict=True))
    assert rest[form.paint] == gr.update(visible=True, value="Paint")
    assert rest[form.leave]["visible"] is False


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
def test_impossible_wishes_are_answered_in_the_page(
    tab: OptimizeTab, said: Said, part: str, value: object, sentence: str
) -> None:
    (last,) = begin(tab, said | {getattr(tab.form.advanced, part): value})
    assert sentence in last[tab.work.notice]


def test_presets_rule_the_form(tab: OptimizeTab, said: Said) -> None:
    advanced = tab.form.advanced
    ruled = advanced._choose("gatys", "vgg19")
    assert ruled[advanced.content] == ["relu4_2"]
    assert ruled[advanced.optimiser] == "lbfgs"
    chosen = {advanced.preset: "gatys", advanced.network: "vgg19"}
    recipe = tab.form.settings(said | chosen | ruled).recipe
    assert recipe.statistics == "gram"
    assert recipe.content == {"relu4_2": 1.0}


def test_a_painting_that_is_dropped_brings_its_settings_back(tab: OptimizeTab, said: Said) -> None:
    advanced = tab.form.advanced
    wish = {tab.form.time: 30, tab.form.size: 384, advanced.beta: 7, advanced.seed: 3}
    guitar = SimpleNamespace(index=tab.style_picker.count + 2, value=None)
    chosen = tab._choose(said, guitar)[tab.state]
    last = begin(tab, said | wish | {tab.state: chosen})[-1]
    png = file(last, tab.work.save)
    parameters = read_parameters(png)
    assert parameters is not None
    assert parameters.settings["painted"] == "slowly"
    shown = drop(tab, said, png)
    assert {part: shown[part] for part in wish} == wish
    assert shown[tab.state].style_mix.words() == "Table with guitar"


def test_a_preset_is_a_target_without_a_picture_and_comes_back(
    tab: OptimizeTab, said: Said
) -> None:
    chosen = tab._choose(said, SimpleNamespace(index=1, value=None))[tab.state]
    balance = slider_positions(BALANCE, [80])
    last = begin(tab, said | {tab.state: chosen, tab.form.balance: balance})[-1]
    run = said[tab.job_state].run
    (style,) = run.spec.styles
    assert style.picture is None
    assert style.statistics is tab.context.bundle.targets["the-cat"]
    assert run.spec.recipe.balance == 0.8
    png = file(last, tab.work.save)
    shown = drop(tab, said, png)
    assert shown[tab.state].style_mix.words() == "the-cat"
    assert shown[tab.form.balance]["values"] == [80]


def test_a_receipt_from_before_there_was_a_balance_is_read(tab: OptimizeTab) -> None:
    settings = {"painted": "slowly", "recipe": "Deep Brush", "alpha": 2, "beta": 30, "time": 30}
    old = GenerationParameters(
        (StyleShare("Table with guitar"),), settings, {"texture encoder": "0.1"}
    )
    restored = restore(old, tab.style_picker.known, ORDER, tab.context.example(5))
    recipe = restored.settings.recipe
    assert (recipe.alpha, recipe.beta, recipe.balance) == (2, 30, 0.5)
    assert restored.style_mix is not None
    assert restored.style_mix.words() == "Table with guitar"


def test_a_painting_made_at_once_is_recognised(
    tab: OptimizeTab, said: Said, tmp_path: Path
) -> None:
    settings = {"picture": "Harbour at dawn", "strength": 0.5, "colours": "palette"}
    styles = (StyleShare("the-cat", 1, "the-cat"), StyleShare("Realism", 1, "realism"))
    png = encode_with_parameters(
        np.zeros((8, 8, 3), np.uint8), GenerationParameters(styles, settings)
    )
    (tmp_path / "painted.png").write_bytes(png)
    advanced = tab.form.advanced
    shown = drop(tab, said | {tab.form.time: 30, advanced.seed: 7}, tmp_path / "painted.png")
    assert shown[tab.state].style_mix.words() == "the-cat"
    assert shown[tab.state].uploaded.title == "Harbour at dawn"
    assert (shown[advanced.colours], shown[tab.form.time], shown[advanced.seed]) == (
        "palette",
        30,
        7,
    )
    assert "painted at once" in shown[tab.notice]
    assert "Realism\N{RIGHT DOUBLE QUOTATION MARK} can only" in shown[tab.notice]


def test_a_number_of_steps_comes_back(tab: OptimizeTab) -> None:
    parameters = GenerationParameters(
        (StyleShare("Table with guitar"),), {"painted": "slowly", "time": 0, "steps": 40}
    )
    settings = restore(parameters, tab.style_picker.known, ORDER, tab.context.example(5)).settings
    assert (settings.seconds, settings.recipe.steps) == (None, 40)
    assert tab.form.show(settings)[tab.form.advanced.steps] == 40


def test_only_presets_with_statistics_are_offered(tab: OptimizeTab) -> None:
    offered = [style.preset for style in tab.style_picker.styles[: tab.style_picker.count]]
    assert offered == ["the-coffee", "the-cat"]


def test_a_session_that_slept_asks_for_the_picture_again(tab: OptimizeTab, said: Said) -> None:
    (last,) = begin(tab, said | {tab.token: "another"})
    assert SESSION_EXPIRED in last[tab.work.notice]
    (last,) = tab.work._go_on(said, REQUEST)
    assert SESSION_EXPIRED in last[tab.work.notice]


def test_picture_and_style_are_taken_over_from_the_paint_tab(
    tab: OptimizeTab, said: Said, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cat = Style("the-cat", tab.style_picker.styles[1].vector, preset="the-cat")
    shown = tab.receive(said, uploaded, StyleMix.of(cat))
    session = shown[tab.state]
    assert session.uploaded is uploaded
    assert session.style_mix.styles == (tab.style_picker.styles[1],)
    assert shown[tab.style_picker.wall] == {"pressed": [1]}
    assert shown[tab.notice] == tab.image_input.hint


def test_a_style_that_cannot_be_painted_slowly_is_named(
    tab: OptimizeTab, said: Said, painting: np.ndarray
) -> None:
    uploaded = tab.context.receive("cat.png", painting)
    cubism = Style("Cubism", np.zeros(256, np.float32), preset="cubism")
    shown = tab.receive(said, uploaded, StyleMix.of(cubism))
    assert "Cubism is a style of the Paint tab only" in shown[tab.notice]
    assert shown[tab.state].style_mix is said[tab.state].style_mix


def test_a_picture_is_refused_at_once_while_one_is_painted(
    tab: OptimizeTab, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AppContext, "decode_upload", lambda *_: pytest.fail("It was read first."))
    sent = {"path": "a.png", "meta": {"_type": "gradio.FileData"}}
    assert BUSY in bring(tab, said | {tab.job_state: JobState(busy=True)}, sent)[tab.notice]
