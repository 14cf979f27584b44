"""The plan of a run: from what is wished, what this machine can do, and what memory there is."""

from dataclasses import replace

from app.errors import UserError
from app.gradients.budget import by_steps, by_time, content_boost
from app.gradients.commission import Commission, Plan
from app.gradients.descent import LBFGS, Adam
from app.gradients.memory import SAFETY
from app.gradients.places import check_styles
from app.gradients.probe import Measure
from app.gradients.pyramid import SMALLEST, fitted, pyramid
from app.gradients.recipe import Recipe

MOST_STYLE_SCALE = 4
"""More would take more memory to see the style than to paint."""


def check(commission: Commission) -> None:
    """Raise UserError for what cannot be painted."""
    height, width = commission.content.shape[:2]
    if min(width, height) < SMALLEST:
        raise UserError(
            f"The content has {width} x {height} pixels, and painting slowly needs at least "
            f"{SMALLEST} on each side: choose a larger picture."
        )
    if commission.seconds is not None and not commission.seconds > 0:
        raise UserError("The time must be above zero seconds.")
    if commission.side is not None and commission.side < SMALLEST:
        raise UserError(f"The longest side must be at least {SMALLEST} pixels.")
    _check_recipe(commission.recipe)
    check_styles(commission)
    if commission.recipe.start == "style" and commission.styles[0].picture is None:
        raise UserError(
            "To start from the style there must be a picture of it, and a preset is known by its"
            " statistics only: bring a picture, or start from something else."
        )


def _check_recipe(recipe: Recipe) -> None:
    if recipe.steps < 1:
        raise UserError("There must be at least one step.")
    if not 0 <= recipe.balance <= 1:
        raise UserError("The balance must be a number from 0, the photograph, to 1, the painting.")
    if min(recipe.alpha, recipe.beta, recipe.variation) < 0:
        raise UserError("Alpha, beta and the weight of total variation cannot be negative.")
    if not 0 < recipe.rate <= 1:
        raise UserError("The learning rate must be above 0, and 1 at most.")
    if not 0 <= recipe.average < 1:
        raise UserError("The decay of the average must be at least 0, and below 1.")
    if not 0 < recipe.style_scale <= MOST_STYLE_SCALE:
        raise UserError(f"The style scale must be above 0, and {MOST_STYLE_SCALE} at most.")


def make_plan(
    commission: Commission,
    measured: Measure,
    free: int,
    seconds: float | None,
    notices: tuple[str, ...] = (),
) -> Plan:
    """Sizes and steps for a commission.

    Args:
        commission: what to paint.
        measured: what a step takes.
        free: bytes of memory.
        seconds: that are left of the commission's; None to go by the recipe's steps.
        notices: to begin with.

    Raises:
        UserError: there is no memory for even a small picture.
    """
    height, width = commission.content.shape[:2]
    scales = commission.recipe.scales
    wish = commission.side or max(width, height)
    remembered = LBFGS.BYTES if commission.recipe.optimiser == "lbfgs" else Adam.BYTES
    needed = measured.bytes_per_pixel + remembered
    longest = min(wish, _longest(width, height, SAFETY * free / needed))
    if seconds is None:
        sizes = pyramid(*fitted(width, height, longest), scales)
        levels = by_steps(sizes, commission.recipe.steps, measured.speed)
    else:
        keep = commission.keep_size
        levels = by_time(width, height, longest, scales, seconds, measured.speed, keep)
    size = levels[-1].width, levels[-1].height
    if longest < wish:
        notices += (
            f"There is memory for {longest} pixels on the longest side, less than you asked for.",
        )
    grows = seconds is not None and not scales and not commission.keep_size
    memory = round(size[0] * size[1] * needed)
    plan = Plan(levels, memory, notices, longest, not commission.keep_size, grows)
    return replace(plan, notices=notices + about_time(commission, plan))


def about_time(commission: Commission, plan: Plan) -> tuple[str, ...]:
    """Sentences about what there is no time for."""
    if commission.seconds is None:
        return ()
    said: tuple[str, ...] = ()
    width, height = plan.levels[-1].width, plan.levels[-1].height
    if max(width, height) < plan.longest:
        said += (
            f"There is time for {width} x {height} pixels; more time paints a larger picture.",
        )
    if boosted(commission) and content_boost(plan.steps) > 1:
        said += (f"In {plan.steps} steps it stays nearer to the photograph than in more.",)
    return said


def boosted(commission: Commission) -> bool:
    """Whether the content weighs more where the time does not suffice."""
    timed = commission.seconds is not None and not commission.keep_size
    return timed and commission.recipe.rooted


def _longest(width: int, height: int, pixels: float) -> int:
    """Longest side of a picture of this shape with so many pixels."""
    scale = (pixels / (width * height)) ** 0.5
    if scale * min(width, height) < SMALLEST:
        raise UserError("There is not enough memory to paint: close other programs and try again.")
    return int(scale * max(width, height))
