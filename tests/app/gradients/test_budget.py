from itertools import pairwise

import pytest

from app.gradients.budget import ENOUGH, MOST, Speed, by_steps, by_time, replanned
from app.gradients.commission import Plan
from app.gradients.pyramid import SMALLEST, fitted, pyramid

SPEED = Speed(0.005, 1e-6)


def plan_for(seconds, longest=1024, scales=0, speed=SPEED, fix=False):
    return Plan(by_time(1600, 1200, longest, scales, seconds, speed, fix), 0)


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


@pytest.mark.parametrize("seconds", [5, 20, 60, 300])
def test_a_plan_fills_the_time_and_more_time_makes_more_of_it(seconds):
    plan, longer = plan_for(seconds), plan_for(2 * seconds)
    assert plan.seconds == pytest.approx(seconds, rel=0.1)
    assert plan.levels[-1].steps >= ENOUGH
    assert longer.levels[-1].width >= plan.levels[-1].width
    assert longer.steps * longer.levels[-1].width > plan.steps * plan.levels[-1].width


def test_a_plan_keeps_to_what_is_useful():
    endless = plan_for(1e6)
    assert endless.levels[-1].width == 1024
    assert endless.levels[-1].steps == MOST
    hurried = plan_for(0.01)
    assert len(hurried.levels) == 1
    assert hurried.steps >= 1


def test_a_size_that_was_asked_for_is_kept_however_short_the_time():
    plan = plan_for(5, longest=1024, fix=True)
    assert plan.levels[-1].width == 1024
    assert 1 <= plan.levels[-1].steps < ENOUGH


def run(plan, seconds, speed):
    """Seconds that a run takes on a machine of another speed than was planned with."""
    clock, level = 0.0, 0
    while level < len(plan.levels):
        size = plan.levels[level].width, plan.levels[level].height
        clock += 2 * speed.step(size)  # to prepare the scale
        done = 0
        while done < plan.levels[level].steps:
            clock += speed.step(size)
            done += 1
            plan = replanned(plan, level, done, seconds - clock, speed)
        level += 1
    return clock


@pytest.mark.parametrize("factor", [0.4, 1, 1.7, 3])
@pytest.mark.parametrize("seconds", [10, 60])
def test_the_time_is_kept_on_a_machine_that_turns_out_slower_or_faster(factor, seconds):
    taken = run(plan_for(seconds), seconds, SPEED.scaled(factor))
    assert taken == pytest.approx(seconds, rel=0.2)


def test_without_a_time_the_steps_stay_and_only_the_estimate_changes():
    plan = Plan(by_steps(pyramid(512, 512, 3), 100, SPEED), 0)
    slower = replanned(plan, 1, 3, None, SPEED.scaled(2))
    assert [level.steps for level in slower.levels] == [level.steps for level in plan.levels]
    assert slower.levels[2].seconds == pytest.approx(2 * plan.levels[2].seconds)
