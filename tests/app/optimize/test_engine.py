import math
from contextlib import closing
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from app.errors import UserError
from app.optimize import budget, engine, probe
from app.optimize.budget import ENOUGH
from app.optimize.engine import Optimization
from app.optimize.recipe import PRESETS, OptimizeRecipe
from app.optimize.spec import OptimizationSpec, StyleSpec
from tests.app.optimize.tiny import Tiny, painting, photograph

CPU = torch.device("cpu")
QUICK = OptimizeRecipe("quick", steps=8, scales=2, start="content")
SPEC = OptimizationSpec(photograph(), (StyleSpec(painting()),), QUICK)


@pytest.fixture(autouse=True)
def _float32(monkeypatch):
    """On every machine, and small pictures to measure it with."""
    monkeypatch.setattr(engine, "use_bfloat16", lambda *_: False)
    monkeypatch.setattr(probe, "SIDES", {"cpu": (48, 64)})


def start(spec=SPEC, network=None):
    return Optimization(spec, network or Tiny(), CPU)


def paint(spec=SPEC, network=None):
    return list(start(spec, network).run())


def changed(**changes):
    return replace(SPEC, recipe=replace(QUICK, **changes))


def test_a_run_follows_its_plan():
    optimization = start()
    plan = optimization.plan
    steps = list(optimization.run())
    assert [level.width for level in plan.levels] == [45, 64]
    assert [step.step for step in steps] == list(range(1, 9))
    assert {step.total for step in steps} == {8}
    assert [step.level for step in steps] == sorted(step.level for step in steps)
    assert steps[-1].picture.shape == photograph().shape
    assert steps[-1].eta == pytest.approx(0, abs=1e-3)
    assert steps[-1].losses.total < steps[0].losses.total
    assert list(optimization.run()) == []


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_the_same_seed_paints_the_same_picture(optimiser):
    spec = changed(optimiser=optimiser, start="noise", steps=3)
    first, again, other = paint(spec), paint(spec), paint(replace(spec, seed=1))
    np.testing.assert_array_equal(first[-1].picture, again[-1].picture)
    assert [step.losses for step in first] == [step.losses for step in again]
    assert (first[-1].picture != other[-1].picture).any()


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("pause", [1, 4, 6])
def test_a_run_can_be_left_and_continued(optimiser, pause):
    spec = changed(optimiser=optimiser)
    whole = paint(spec)
    optimization = start(spec)
    with closing(optimization.run()) as run:
        parts = list(islice(run, pause))
    assert optimization.picture.shape == photograph().shape
    parts += optimization.run()
    assert [step.losses for step in parts] == [step.losses for step in whole]
    for part, step in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(part.picture, step.picture)


def test_there_is_a_picture_before_the_first_step():
    np.testing.assert_array_equal(start(changed(scales=1)).picture, photograph())
    given = replace(changed(scales=1, start="picture"), start=painting(64, 48))
    np.testing.assert_array_equal(start(given).picture, painting(64, 48))
    without = replace(given, start=None)
    np.testing.assert_array_equal(start(without).picture, photograph())
    styled = start(changed(scales=1, start="style")).picture
    np.testing.assert_allclose(styled.mean((0, 1)), painting().mean((0, 1)), atol=8)


def test_a_large_alpha_reproduces_the_content():
    spec = changed(start="noise", alpha=1e6, content={"relu1_1": 1}, steps=40, optimiser="lbfgs")
    error = paint(spec)[-1].picture.astype(float) - photograph()
    assert np.abs(error).mean() < 8


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_a_large_beta_lowers_the_style_loss(optimiser):
    spec = changed(optimiser=optimiser, alpha=0, beta=1e4, steps=24, scales=1)
    losses = [step.losses.style for step in paint(spec)]
    means = [np.mean(losses[at : at + 6]) for at in range(0, 24, 6)]
    assert means == sorted(means, reverse=True)
    assert means[-1] < 0.5 * means[0]


def test_the_photograph_is_unchanged_outside_the_mask():
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :32] = 255
    picture = paint(replace(SPEC, mask=mask))[-1].picture
    np.testing.assert_array_equal(picture[:, 32:], photograph()[:, 32:])
    assert (picture[:, :24] != photograph()[:, :24]).mean() > 0.5


def test_regions_are_painted_in_the_colours_of_their_styles():
    left = np.zeros((48, 64), np.uint8)
    left[:, :32] = 255
    red, blue = (
        np.full((48, 64, 3), colour, np.uint8) for colour in ((230, 20, 20), (20, 20, 230))
    )
    styles = StyleSpec(red, region=left), StyleSpec(blue, region=255 - left)
    spec = changed(
        alpha=0, steps=40, rate=0.05, scales=1, statistics="moments", style={"relu1_1": 1}
    )
    picture = paint(replace(spec, styles=styles))[-1].picture.astype(float)
    # The border is seen by both.
    for half, wanted in ((picture[:, :28], red), (picture[:, 36:], blue)):
        assert np.abs(half.mean((0, 1)) - wanted[0, 0]).max() < 40


def test_the_chosen_colours_are_used():
    picture = paint(replace(SPEC, colours="photograph"))[-1].picture.astype(float)
    chroma = [(x - x.mean(2, keepdims=True)).ravel() for x in (picture, photograph())]
    assert np.corrcoef(chroma)[0, 1] > 0.9


class Faulty(Tiny):
    """Does something else in some of its calls, counted from when it is armed."""

    def __init__(self, fault, calls):
        super().__init__()
        self.fault, self.calls, self.count = fault, calls, -math.inf

    def forward(self, x, wanted):
        self.count += 1
        maps = super().forward(x, wanted)
        return self.fault(maps) if self.count in self.calls else maps


def nothing(maps):
    return {name: values * math.nan for name, values in maps.items()}


def exhausted(_):
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to")


def armed(fault, calls, spec=SPEC):
    network = Faulty(fault, calls)
    optimization = start(spec, network)
    network.count = 0
    return optimization


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_a_run_continues_after_losses_that_are_not_finite(optimiser):
    # Calls 1 and 2 see the content and the style.
    steps = list(armed(nothing, {3, 6}, changed(optimiser=optimiser)).run())
    assert len(steps) == 8
    assert math.isfinite(steps[-1].losses.total)
    assert steps[-1].losses.total < steps[3].losses.total


def test_a_run_whose_losses_stay_infinite_ends_with_its_best_picture():
    steps = list(armed(nothing, set(range(5, 99))).run())
    assert len(steps) == 2 + engine.MOST_FAILURES
    assert steps[-1].total == len(steps)
    assert steps[-1].eta == 0
    assert any("ended early" in notice for notice in steps[-1].plan.notices)
    assert steps[-1].picture.shape == photograph().shape
    assert (steps[-1].picture != photograph()).any()


def test_out_of_memory_reduces_the_picture_once():
    steps = list(armed(exhausted, {5}, replace(SPEC, side=96)).run())
    assert len(steps) == 8
    assert steps[0].plan.levels[-1].width == 96
    assert steps[-1].picture.shape == (51, 68, 3)
    assert any("68 x 51" in notice for notice in steps[-1].plan.notices)


def test_out_of_memory_twice_is_a_user_error_and_keeps_the_picture():
    optimization = armed(exhausted, set(range(5, 99)), replace(SPEC, side=96))
    with pytest.raises(UserError, match="not enough memory"):
        list(optimization.run())
    assert optimization.picture.shape == (51, 68, 3)


def test_the_plan_fits_the_free_memory(monkeypatch):
    assert start(replace(SPEC, side=512)).plan.levels[-1].width == 512
    need = start(replace(SPEC, side=512)).plan.memory
    monkeypatch.setattr(engine, "free_memory", lambda _: need // 4)
    plan = start(replace(SPEC, side=512)).plan
    assert plan.levels[-1].width < 256
    assert plan.memory < need // 4
    assert any("memory" in notice for notice in plan.notices)
    monkeypatch.setattr(engine, "free_memory", lambda _: 1000)
    with pytest.raises(UserError, match="memory"):
        start()


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the network moves, so that nothing depends on this machine.

    `pace` is the time that a pixel takes; after `later` seconds it is `factor` times as long.
    """
    clock = SimpleNamespace(now=0.0, pace=1e-6, later=math.inf, factor=1)
    timer = SimpleNamespace(perf_counter=lambda: clock.now)
    for module in (probe, engine):
        monkeypatch.setattr(module, "time", timer)
    return clock


class Timed(Tiny):
    """Moves a clock."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def forward(self, x, wanted):
        factor = self.clock.factor if self.clock.now > self.clock.later else 1
        self.clock.now += factor * self.clock.pace * x[0, 0].numel()
        return super().forward(x, wanted)


TIMED = replace(
    SPEC, content=photograph(96, 72), seconds=0.6, recipe=replace(QUICK, scales=0, rooted=True)
)


@pytest.mark.parametrize("slower", [1, 3])
def test_a_time_is_kept_on_a_machine_that_becomes_slower(clock, slower):
    optimization = start(TIMED, Timed(clock))
    clock.pace *= slower
    steps = list(optimization.run())
    assert steps[-1].seconds == pytest.approx(0.6, rel=0.1)
    assert steps[-1].eta == pytest.approx(0, abs=0.03)
    assert all(step.seconds + step.eta < 0.65 for step in steps)
    assert all(step.plan.seconds < 0.65 for step in steps)


def test_the_picture_is_reduced_to_keep_the_time(clock, monkeypatch):
    monkeypatch.setattr(budget, "COARSEST", 40)
    clock.later, clock.factor = 0.15, 20
    optimization = start(TIMED, Timed(clock))
    assert [level.width for level in optimization.plan.levels] == [48, 68, 96]
    *_, last = optimization.run()
    assert last.seconds == pytest.approx(0.6, rel=0.2)
    height, width = last.picture.shape[:2]
    assert (width, height) == (last.plan.levels[-1].width, last.plan.levels[-1].height)
    assert width < 96
    assert f"There is time for {width} x {height} pixels" in " ".join(last.plan.notices)


def test_in_few_steps_a_picture_stays_nearer_to_the_photograph(clock):
    hurried = replace(TIMED, seconds=0.3)
    *_, last = start(hurried, Timed(clock)).run()
    assert last.step < ENOUGH
    assert "nearer to the photograph" in " ".join(last.plan.notices)
    plain = replace(hurried, recipe=replace(hurried.recipe, rooted=False))
    *_, other = start(plain, Timed(clock)).run()
    assert last.losses.content < other.losses.content


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content": photograph(500, 20)}, "at least 32"),
        ({"seconds": 0}, "above zero"),
        ({"side": 8}, "at least 32"),
        ({"styles": ()}, "one to 4"),
        ({"recipe": replace(QUICK, steps=0)}, "one step"),
        ({"recipe": replace(QUICK, rate=0)}, "learning rate"),
        ({"recipe": replace(QUICK, beta=-1)}, "negative"),
        ({"recipe": replace(QUICK, balance=2)}, "balance"),
        (
            {"styles": (StyleSpec(None),), "recipe": replace(QUICK, start="style")},
            "upload a picture",
        ),
        ({"recipe": replace(QUICK, style={})}, "style layer"),
    ],
)
def test_impossible_specs_are_refused(changes, reason):
    with pytest.raises(UserError, match=reason):
        start(replace(SPEC, **changes))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_paints(name):
    recipe = replace(PRESETS[name], steps=2)
    assert paint(replace(SPEC, recipe=recipe))[-1].picture.shape == photograph().shape
