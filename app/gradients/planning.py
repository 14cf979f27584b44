"""The plan of a run: from what is wished, what this machine can do, and what memory there is."""

from app.errors import UserError
from app.gradients.budget import by_steps, by_time
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


def _check_recipe(recipe: Recipe) -> None:
    if recipe.steps < 1:
        raise UserError("There must be at least one step.")
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
        fixed = commission.side is not None
        levels = by_time(width, height, longest, scales, seconds, measured.speed, fixed)
    size = levels[-1].width, levels[-1].height
    if max(size) < longest:
        notices += (
            f"There is time for {size[0]} x {size[1]} pixels; more time paints a larger picture.",
        )
    elif longest < wish:
        notices += (
            f"There is memory for {size[0]} x {size[1]} pixels, less than the size you asked for.",
        )
    return Plan(levels, round(size[0] * size[1] * needed), notices)


def _longest(width: int, height: int, pixels: float) -> int:
    """Longest side of a picture of this shape with so many pixels."""
    scale = (pixels / (width * height)) ** 0.5
    if scale * min(width, height) < SMALLEST:
        raise UserError("There is not enough memory to paint: close other programs and try again.")
    return int(scale * max(width, height))
