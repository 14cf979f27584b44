from dataclasses import replace
from itertools import pairwise

import pytest

from app.optimize.budget import (
    ENOUGH,
    LEAST,
    MOST,
    ROUNDING,
    SENSIBLE,
    SMALLEST,
    Speed,
    by_steps,
    by_time,
    content_boost,
    fitted,
    pyramid,
    replanned,
)
from app.optimize.spec import Plan

SPEED = Speed(0.005, 1e-6)


def plan_for(seconds, longest=1024, scales=0, speed=SPEED, keep=False):
    levels = by_time(1600, 1200, longest, scales, seconds, speed, keep)
    return Plan(levels, 0, longest=longest, grows=not scales)


def test_a_pyramid_grows_to_the_picture_in_steps_of_the_square_root_of_two():
    sizes = pyramid(1024, 768, 0)
    assert sizes[-1] == (1024, 768)
    assert sizes[0][0] * sizes[0][1] < 160**2
    assert all(1.38 < b[0] / a[0] < 1.45 for a, b in pairwise(sizes))
    assert pyramid(1024, 768, 1) == [(1024, 768)]
    assert len(pyramid(1024, 768, 3)) == 3
    assert pyramid(40, 40, 9) == [(40, 40)]


def test_no_side_becomes_too_small_for_the_network():
    assert fitted(4000, 50, 256) == (2560, SMALLEST)
    assert fitted(1600, 1200, 800) == (800, 600)


@pytest.mark.parametrize("steps", [1, 7, 200])
def test_steps_that_were_asked_for_are_shared_among_the_scales(steps):
    levels = by_steps(pyramid(512, 512, 3), steps, SPEED)
    assert sum(level.steps for level in levels) == max(steps, 3)
    assert min(level.steps for level in levels) >= 1


@pytest.mark.parametrize("seconds", [10, 20, 60, 300])
def test_a_plan_fills_the_time_and_more_time_makes_more_of_it(seconds):
    plan, longer = plan_for(seconds), plan_for(2 * seconds)
    assert plan.seconds == pytest.approx(seconds, rel=0.1)
    assert plan.steps >= ENOUGH
    assert longer.levels[-1].width >= plan.levels[-1].width
    assert longer.steps * longer.levels[-1].width > plan.steps * plan.levels[-1].width


def test_a_plan_is_limited_to_what_is_useful():
    endless = plan_for(1e6)
    assert endless.levels[-1].width == 1024
    assert endless.levels[-1].steps == MOST
    hurried = plan_for(0.01)
    assert len(hurried.levels) == 1
    assert hurried.steps >= 1


def test_keep_size_keeps_the_size_in_any_time():
    plan = plan_for(5, scales=1, keep=True)
    assert [level.width for level in plan.levels] == [1024]
    assert 1 <= plan.steps < ENOUGH


def test_below_a_sensible_size_the_content_weighs_more_instead():
    plan = plan_for(2)
    assert plan.levels[-1].width == SENSIBLE
    assert plan.steps < ENOUGH
    assert all(level.steps >= LEAST for level in plan.levels)
    assert content_boost(plan.steps) > 1
    assert content_boost(ENOUGH) == 1
    assert content_boost(0) < 10


@pytest.mark.parametrize("factor", [1, 10, 100, 1e4])
def test_a_plan_is_never_longer_than_asked_for(factor):
    assert plan_for(30, speed=SPEED.scaled(factor)).seconds <= 30.0001


def run(plan, seconds, pace):
    """Seconds of a run, its last plan, and the latest end that it announced.

    `pace` says how many times as slow as planned the machine is after so many seconds; speeds are
    measured as a run does it, from the last steps.
    """
    clock, level, latest = 0.0, 0, plan.seconds
    while level < len(plan.levels):
        size = plan.levels[level].width, plan.levels[level].height
        begin, done = clock, 0
        clock += 2 * pace(clock) * SPEED.step(size)  # to prepare the scale
        while done < plan.levels[level].steps:
            measured = SPEED.scaled(pace(clock))
            clock += measured.step(size)
            done += 1
            plan = replanned(plan, level, done, seconds - clock, measured, clock - begin)
            latest = max(latest, plan.seconds)
        level += 1
    return clock, plan, latest


@pytest.mark.parametrize("factor", [0.4, 1, 1.7, 3])
@pytest.mark.parametrize("seconds", [10, 60])
def test_the_time_is_kept_on_a_slower_or_faster_machine(factor, seconds):
    taken, _, latest = run(plan_for(seconds), seconds, lambda now: factor)
    assert taken == pytest.approx(seconds, rel=0.05)
    assert latest <= 1.05 * seconds


@pytest.mark.parametrize("from_then_on", [1, 5, 8, 9.5])
@pytest.mark.parametrize("factor", [2, 10])
def test_the_time_is_kept_when_another_program_takes_the_processor(from_then_on, factor):
    taken, _, latest = run(plan_for(10), 10, lambda now: factor if now > from_then_on else 1)
    assert taken == pytest.approx(10, rel=0.1)
    assert latest <= 11


def test_a_plan_that_keeps_its_size_gives_up_steps_only():
    plan = replace(plan_for(10), shrinks=False, grows=False)
    taken, last, _ = run(plan, 10, lambda now: 3)
    assert [level.width for level in last.levels] == [level.width for level in plan.levels]
    assert taken == pytest.approx(10, rel=0.1)


def test_size_is_given_up_before_steps():
    planned = plan_for(10)
    _, plan, _ = run(planned, 10, lambda now: 4)
    assert plan.levels[-1].width < planned.levels[-1].width
    assert min(level.steps for level in plan.levels) >= LEAST


def test_one_slow_moment_does_not_make_the_picture_smaller():
    planned = plan_for(20)
    taken, plan, _ = run(planned, 20, lambda now: 30 if 1 < now < 3 else 1)
    assert taken == pytest.approx(20, rel=0.05)
    assert plan.levels[-1].width == pytest.approx(planned.levels[-1].width, abs=ROUNDING)


def test_a_step_that_takes_all_the_time_is_the_last_one():
    plan = plan_for(10)
    after = replanned(plan, 0, 1, -5.0, SPEED.scaled(100), 15.0)
    assert (len(after.levels), after.levels[0].steps) == (1, 1)
    assert after.seconds == 15.0


def test_scales_are_added_where_a_machine_turns_out_faster():
    slow = replace(plan_for(10, speed=SPEED.scaled(20)), longest=1024, grows=True)
    assert slow.levels[-1].width < 400
    taken, plan, _ = run(slow, 10, lambda now: 1)
    assert taken == pytest.approx(10, rel=0.05)
    assert plan.levels[-1].width > 400
    fixed, same, _ = run(replace(slow, grows=False), 10, lambda now: 1)
    assert same.levels[-1].width == slow.levels[-1].width
    assert fixed < 10.5


def test_without_a_time_the_steps_stay_and_only_the_estimate_changes():
    plan = Plan(by_steps(pyramid(512, 512, 3), 100, SPEED), 0)
    slower = replanned(plan, 1, 3, None, SPEED.scaled(2), 1.0)
    assert [level.steps for level in slower.levels] == [level.steps for level in plan.levels]
    assert slower.levels[2].seconds == pytest.approx(2 * plan.levels[2].seconds)
