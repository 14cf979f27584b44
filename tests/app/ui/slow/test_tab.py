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

from app.gradients.commission import GatysStep, Level, Losses, Plan
from app.gradients.recipe import PRESETS
from app.receipt import Receipt, StyleShare, encode_with_receipt, read_receipt
from app.settings import Settings
from app.ui import turns
from app.ui.house import ASLEEP, House
from app.ui.paint.brush import Brush, Style
from app.ui.paint.masking import EACH
from app.ui.paint.widgets import stand
from app.ui.slow.advanced import PRESET
from app.ui.slow.desk import Desk, Run
from app.ui.slow.form import BALANCE
from app.ui.slow.receipt import restore
from app.ui.slow.sitting import Order
from app.ui.slow.tab import SlowTab
from app.ui.slow.work import BUSY
from app.ui.visitors import VISITORS
from tests.app.ui.paint.paint_tab import drawing

Said = dict[Any, Any]
STEPS = 8
ORDER = Order(PRESETS[PRESET])
PLAN = Plan((Level(40, 30, 4, 2.0), Level(80, 60, 4, 2.0)), 10**6, ("It is smaller.",))


class Engine:
    """Counts to eight, slowly enough to be stopped."""

    def __init__(self, commission: Any, *_: Any) -> None:
        self.commission, self.plan, self.done = commission, PLAN, 0

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
    monkeypatch.setattr(turns, "TURN", 0.005)

    def own(run: Run):
        run._optimisation = run._optimisation or Engine(run.commission)
        run.plan, run.device = PLAN, "CPU"
        yield from run._optimisation.run()

    monkeypatch.setattr(Run, "_own", own)
    monkeypatch.setattr("app.ui.slow.receipt.network_version", lambda name: "1")


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return gr.Blocks()


@pytest.fixture(scope="module")
def tab(page: gr.Blocks, classifier, studio) -> SlowTab:
    with page:
        return SlowTab(House(classifier, Settings(), studio))


@pytest.fixture
def said(tab: SlowTab) -> Said:
    """What the page says when it has just opened."""
    return {part: part.value for part in tab.inputs} | {tab.desk: Desk()}


REQUEST = SimpleNamespace(session_hash="ann")


def file(shown: Said, part: Any) -> Path:
    return Path(shown[part]["value"])


def begin(tab: SlowTab, said: Said) -> list[Said]:
    return list(tab.work._begin(said, REQUEST))


def bring(tab: SlowTab, said: Said, sent: dict[str, Any]) -> Said:
    return tab.bringing._bring(said | {tab.bringing.sent: sent})


def drop(tab: SlowTab, said: Said, png: Path) -> Said:
    """Drop a painting, and ask for its settings."""
    asked = bring(tab, said, {"path": str(png), "meta": {"_type": "gradio.FileData"}})
    pending = tab.question.pending
    return tab.question.answer(said | {pending: asked[pending]}, SimpleNamespace(index=0))


def test_a_picture_is_painted_and_can_be_taken_home(tab: SlowTab, said: Said) -> None:
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


def test_the_easel_and_the_losses_follow_the_painting(tab: SlowTab, said: Said) -> None:
    shown = [step for step in begin(tab, said) if tab.easel in step]
    assert len({step[tab.easel]["evidence"] for step in shown}) > 2
    assert "<svg" in shown[-1][tab.work.chart]


def test_it_stops_and_goes_on_exactly_there(tab: SlowTab, said: Said) -> None:
    steps = tab.work._begin(said, REQUEST)
    while said[tab.desk].run is None or said[tab.desk].run.steps < 2:
        next(steps)
    tab.work._stop(said[tab.desk])
    last = list(steps)[-1]
    run = said[tab.desk].run
    stopped = run.steps
    assert stopped < STEPS
    assert f"Stopped at step {stopped} of {STEPS}" in last[tab.work.notice]
    assert tab.work._rest(said[tab.desk])[2] == gr.update(visible=True, value="Go on")
    list(tab.work._go_on(said, REQUEST))
    assert [step for step, _ in run.losses] == list(range(1, STEPS + 1))


def test_going_on_after_the_end_takes_as_long_again(tab: SlowTab, said: Said) -> None:
    begin(tab, said)
    run = said[tab.desk].run
    finished = run.picture
    last = list(tab.work._go_on(said, REQUEST))[-1]
    assert run.commission.start is finished
    assert run.commission.recipe.scales == 1
    assert run.commission.keep_size
    assert f"{2 * STEPS} steps" in last[tab.work.notice]


def test_who_leaves_ends_the_painting_and_frees_its_memory(tab: SlowTab, said: Said) -> None:
    steps = tab.work._begin(said, REQUEST)
    while said[tab.desk].run is None or said[tab.desk].run.steps < 2:
        next(steps)
    run = weakref.ref(said[tab.desk].run)
    steps.close()
    assert said[tab.desk].run is None
    assert said[tab.desk].busy is False
    end = time.monotonic() + 5
    while run() is not None and time.monotonic() < end:  # It finishes the step at hand.
        time.sleep(0.01)
        gc.collect()
    assert run() is None


def test_who_leaves_has_no_film_made_any_more(tab: SlowTab, said: Said) -> None:
    shown = []
    for step in tab.work._begin(said, REQUEST):
        shown.append(step)
        if said[tab.desk].run is not None and said[tab.desk].run.steps >= 2:
            VISITORS.clear(REQUEST.session_hash)
    assert not any(tab.work.save in step for step in shown)
    assert said[tab.desk].run is None


def test_who_closes_the_page_later_leaves_nothing_behind(tab: SlowTab, said: Said) -> None:
    begin(tab, said)
    VISITORS.clear("bob")
    assert said[tab.desk].run is not None
    VISITORS.clear(REQUEST.session_hash)
    assert said[tab.desk].run is None
    assert said[tab.desk].home is None


def test_each_visitor_has_a_desk_of_their_own(page: gr.Blocks, tab: SlowTab) -> None:
    one, other = (SessionState(page)[tab.desk._id] for _ in range(2))
    assert one is not other


def test_while_it_is_painted_styles_wait_and_pictures_are_refused(tab: SlowTab, said: Said) -> None:
    said[tab.desk].busy = True
    shown = tab._choose(said, SimpleNamespace(index=0, value=None))
    assert tab.easel not in shown
    assert shown[tab.state].brush.words() == "the-coffee"
    assert BUSY in tab.bringing._example(said, SimpleNamespace(index=0))[tab.notice]


def test_another_style_is_sketched_at_once(tab: SlowTab, said: Said) -> None:
    before = said[tab.state].sketch
    shown = tab._choose(said, SimpleNamespace(index=3, value=None))
    assert "sketch by the instant painter" in shown[tab.easel]["legend"]
    assert not np.array_equal(shown[tab.state].sketch, before)


def test_each_style_can_have_a_mask(tab: SlowTab, said: Said) -> None:
    pressed = SimpleNamespace(index=2, value=None)
    shown = tab._choose(said | {tab.palette.blend: True}, pressed)
    sitting = shown[tab.state]
    sheet = np.full((30, 40, 3), 255, np.uint8)
    sheet[:, :20] = 0
    first, second = sitting.brush.styles
    said |= {tab.masks.side: EACH, tab.masks.sheet: {second.key: drawing(sheet)}}
    commission = sitting.commission(tab.house.studio, tab.form.order(said))
    assert commission.mask is None
    assert commission.styles[0].region is None
    np.testing.assert_array_equal(commission.styles[1].region, 255 - sheet[..., 0])
    shown = tab._change(said | {tab.state: sitting})
    assert first.title in shown[tab.masks.pens]
    apart, blended = shown[tab.state].sketch, sitting.sketched(tab.stylizer, ORDER).sketch
    assert (apart != blended).any()


def test_unticking_blend_leaves_one_style(tab: SlowTab, said: Said) -> None:
    shown = tab._choose(said | {tab.palette.blend: True}, SimpleNamespace(index=2, value=None))
    assert shown[tab.palette.blend] is True
    said |= {tab.state: shown[tab.state], tab.palette.blend: False}
    assert len(tab._unblend(said)[tab.state].brush.styles) == 1


def test_who_waits_in_line_is_told_beside_the_button(tab: SlowTab, said: Said) -> None:
    work, form = tab.work, tab.form
    paint, stop, go_on, leave, waiting = work._wait(said[tab.desk])
    assert [part["visible"] for part in (paint, stop, go_on, leave)] == [False, False, False, True]
    assert "One picture is painted at a time" in waiting["value"]
    first = next(work._begin(said, REQUEST))
    assert first[form.leave]["visible"] is False
    assert first[form.waiting] == ""
    rest = dict(zip(form.buttons, work._rest(Desk()), strict=True))
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
    tab: SlowTab, said: Said, part: str, value: object, sentence: str
) -> None:
    (last,) = begin(tab, said | {getattr(tab.form.advanced, part): value})
    assert sentence in last[tab.work.notice]


def test_presets_rule_the_form(tab: SlowTab, said: Said) -> None:
    advanced = tab.form.advanced
    ruled = advanced._choose("gatys", "vgg19")
    assert ruled[advanced.content] == ["relu4_2"]
    assert ruled[advanced.optimiser] == "lbfgs"
    chosen = {advanced.preset: "gatys", advanced.network: "vgg19"}
    recipe = tab.form.order(said | chosen | ruled).recipe
    assert recipe.statistics == "gram"
    assert recipe.content == {"relu4_2": 1.0}


def test_a_painting_that_is_dropped_brings_its_settings_back(tab: SlowTab, said: Said) -> None:
    advanced = tab.form.advanced
    wish = {tab.form.time: 30, tab.form.size: 384, advanced.beta: 7, advanced.seed: 3}
    guitar = SimpleNamespace(index=tab.palette.count + 2, value=None)
    chosen = tab._choose(said, guitar)[tab.state]
    last = begin(tab, said | wish | {tab.state: chosen})[-1]
    png = file(last, tab.work.save)
    receipt = read_receipt(png)
    assert receipt is not None
    assert receipt.settings["painted"] == "slowly"
    shown = drop(tab, said, png)
    assert {part: shown[part] for part in wish} == wish
    assert shown[tab.state].brush.words() == "Table with guitar"


def test_a_preset_is_a_target_without_a_picture_and_comes_back(tab: SlowTab, said: Said) -> None:
    chosen = tab._choose(said, SimpleNamespace(index=1, value=None))[tab.state]
    balance = stand(BALANCE, [80])
    last = begin(tab, said | {tab.state: chosen, tab.form.balance: balance})[-1]
    run = said[tab.desk].run
    (style,) = run.commission.styles
    assert style.picture is None
    assert style.statistics is tab.house.studio.targets["the-cat"]
    assert run.commission.recipe.balance == 0.8
    png = file(last, tab.work.save)
    shown = drop(tab, said, png)
    assert shown[tab.state].brush.words() == "the-cat"
    assert shown[tab.form.balance]["values"] == [80]


def test_a_receipt_from_before_there_was_a_balance_is_read(tab: SlowTab) -> None:
    settings = {"painted": "slowly", "recipe": "Deep Brush", "alpha": 2, "beta": 30, "time": 30}
    old = Receipt((StyleShare("Table with guitar"),), settings, {"texture encoder": "0.1"})
    restored = restore(old, tab.palette.known, ORDER, tab.house.example(5))
    recipe = restored.order.recipe
    assert (recipe.alpha, recipe.beta, recipe.balance) == (2, 30, 0.5)
    assert restored.brush is not None
    assert restored.brush.words() == "Table with guitar"


def test_a_painting_made_at_once_is_recognised(tab: SlowTab, said: Said, tmp_path: Path) -> None:
    settings = {"picture": "Harbour at dawn", "strength": 0.5, "colours": "palette"}
    styles = (StyleShare("the-cat", 1, "the-cat"), StyleShare("Realism", 1, "realism"))
    png = encode_with_receipt(np.zeros((8, 8, 3), np.uint8), Receipt(styles, settings))
    (tmp_path / "painted.png").write_bytes(png)
    advanced = tab.form.advanced
    shown = drop(tab, said | {tab.form.time: 30, advanced.seed: 7}, tmp_path / "painted.png")
    assert shown[tab.state].brush.words() == "the-cat"
    assert shown[tab.state].visit.title == "Harbour at dawn"
    assert (shown[advanced.colours], shown[tab.form.time], shown[advanced.seed]) == (
        "palette",
        30,
        7,
    )
    assert "painted at once" in shown[tab.notice]
    assert "Realism\N{RIGHT DOUBLE QUOTATION MARK} can only" in shown[tab.notice]


def test_a_number_of_steps_comes_back(tab: SlowTab) -> None:
    receipt = Receipt(
        (StyleShare("Table with guitar"),), {"painted": "slowly", "time": 0, "steps": 40}
    )
    order = restore(receipt, tab.palette.known, ORDER, tab.house.example(5)).order
    assert (order.seconds, order.recipe.steps) == (None, 40)
    assert tab.form.show(order)[tab.form.advanced.steps] == 40


def test_only_presets_with_statistics_are_offered(tab: SlowTab) -> None:
    offered = [style.preset for style in tab.palette.styles[: tab.palette.count]]
    assert offered == ["the-coffee", "the-cat"]


def test_a_session_that_slept_asks_for_the_picture_again(tab: SlowTab, said: Said) -> None:
    (last,) = begin(tab, said | {tab.token: "another"})
    assert ASLEEP in last[tab.work.notice]
    (last,) = tab.work._go_on(said, REQUEST)
    assert ASLEEP in last[tab.work.notice]


def test_picture_and_style_are_taken_over_from_the_paint_tab(
    tab: SlowTab, said: Said, painting: np.ndarray
) -> None:
    visit = tab.house.receive("cat.png", painting)
    cat = Style("the-cat", tab.palette.styles[1].vector, preset="the-cat")
    shown = tab.receive(said, visit, Brush.of(cat))
    sitting = shown[tab.state]
    assert sitting.visit is visit
    assert sitting.brush.styles == (tab.palette.styles[1],)
    assert shown[tab.palette.wall] == {"pressed": [1]}
    assert shown[tab.notice] == tab.bringing.hint


def test_a_style_that_cannot_be_painted_slowly_is_named(
    tab: SlowTab, said: Said, painting: np.ndarray
) -> None:
    visit = tab.house.receive("cat.png", painting)
    cubism = Style("Cubism", np.zeros(256, np.float32), preset="cubism")
    shown = tab.receive(said, visit, Brush.of(cubism))
    assert "Cubism is a style of the Paint tab only" in shown[tab.notice]
    assert shown[tab.state].brush is said[tab.state].brush


def test_a_picture_is_refused_at_once_while_one_is_painted(
    tab: SlowTab, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(House, "open", lambda *_: pytest.fail("It was read first."))
    sent = {"path": "a.png", "meta": {"_type": "gradio.FileData"}}
    assert BUSY in bring(tab, said | {tab.desk: Desk(busy=True)}, sent)[tab.notice]
