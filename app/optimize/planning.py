"""The plan of a run: from its spec, what this machine can do, and what memory there is."""

from dataclasses import replace

from app.errors import UserError
from app.optimize.budget import SMALLEST, by_steps, by_time, content_boost, fitted, pyramid
from app.optimize.optimizers import LBFGS, Adam
from app.optimize.probe import SAFETY, Measure
from app.optimize.recipe import OptimizeRecipe
from app.optimize.regions import check_styles
from app.optimize.spec import OptimizationSpec, Plan
from app.translation import gettext as _

MOST_STYLE_SCALE = 4
"""More would take more memory to see the style than to paint."""


def check(spec: OptimizationSpec) -> None:
    """Raise UserError for what cannot be painted."""
    height, width = spec.content.shape[:2]
    if min(width, height) < SMALLEST:
        raise UserError(
            _(
                "The content has {width} x {height} pixels, and painting slowly needs"
                " at least {least} on each side: choose a larger picture."
            ).format(width=width, height=height, least=SMALLEST)
        )
    if spec.seconds is not None and not spec.seconds > 0:
        raise UserError(_("The time must be above zero seconds."))
    if spec.side is not None and spec.side < SMALLEST:
        raise UserError(
            _("The longest side must be at least {least} pixels.").format(least=SMALLEST)
        )
    _check_recipe(spec.recipe)
    check_styles(spec)
    if spec.recipe.start == "style" and spec.styles[0].picture is None:
        raise UserError(
            _(
                "To start from the style there must be a picture of it, and a preset is"
                " known by its statistics only: upload a picture, or start from"
                " something else."
            )
        )


def _check_recipe(recipe: OptimizeRecipe) -> None:
    if recipe.steps < 1:
        raise UserError(_("There must be at least one step."))
    if not 0 <= recipe.balance <= 1:
        raise UserError(
            _("The balance must be a number from 0, the photograph, to 1, the painting.")
        )
    if min(recipe.alpha, recipe.beta, recipe.variation) < 0:
        raise UserError(_("Alpha, beta and the weight of total variation cannot be negative."))
    if not 0 < recipe.rate <= 1:
        raise UserError(_("The learning rate must be above 0, and 1 at most."))
    if not 0 <= recipe.average < 1:
        raise UserError(_("The decay of the average must be at least 0, and below 1."))
    if not 0 < recipe.style_scale <= MOST_STYLE_SCALE:
        raise UserError(
            _("The style scale must be above 0, and {most} at most.").format(most=MOST_STYLE_SCALE)
        )


def make_plan(
    spec: OptimizationSpec,
    measured: Measure,
    free: int,
    seconds: float | None,
    notices: tuple[str, ...] = (),
) -> Plan:
    """Sizes and steps for a spec.

    Args:
        spec: what to paint.
        measured: what a step takes.
        free: bytes of memory.
        seconds: that are left of the spec's; None to go by the recipe's steps.
        notices: to begin with.

    Raises:
        UserError: there is no memory for even a small picture.
    """
    height, width = spec.content.shape[:2]
    scales = spec.recipe.scales
    wanted = spec.side or max(width, height)
    remembered = LBFGS.BYTES if spec.recipe.optimiser == "lbfgs" else Adam.BYTES
    needed = measured.bytes_per_pixel + remembered
    longest = min(wanted, _longest(width, height, SAFETY * free / needed))
    if seconds is None:
        sizes = pyramid(*fitted(width, height, longest), scales)
        levels = by_steps(sizes, spec.recipe.steps, measured.speed)
    else:
        keep = spec.keep_size
        levels = by_time(width, height, longest, scales, seconds, measured.speed, keep)
    size = levels[-1].width, levels[-1].height
    if longest < wanted:
        notices += (
            _(
                "There is memory for {longest} pixels on the longest side, less than you asked for."
            ).format(longest=longest),
        )
    grows = seconds is not None and not scales and not spec.keep_size
    memory = round(size[0] * size[1] * needed)
    plan = Plan(levels, memory, notices, longest, not spec.keep_size, grows)
    return replace(plan, notices=notices + about_time(spec, plan))


def about_time(spec: OptimizationSpec, plan: Plan) -> tuple[str, ...]:
    """Sentences about what there is no time for."""
    if spec.seconds is None:
        return ()
    notices: tuple[str, ...] = ()
    width, height = plan.levels[-1].width, plan.levels[-1].height
    if max(width, height) < plan.longest:
        notices += (
            _(
                "There is time for {width} x {height} pixels; more time paints a larger picture."
            ).format(width=width, height=height),
        )
    if boosted(spec) and content_boost(plan.steps) > 1:
        notices += (
            _("In {steps} steps it stays nearer to the photograph than in more.").format(
                steps=plan.steps
            ),
        )
    return notices


def boosted(spec: OptimizationSpec) -> bool:
    """Whether the content weighs more where the time does not suffice."""
    timed = spec.seconds is not None and not spec.keep_size
    return timed and spec.recipe.rooted


def _longest(width: int, height: int, pixels: float) -> int:
    """Longest side of a picture of this shape with so many pixels."""
    scale = (pixels / (width * height)) ** 0.5
    if scale * min(width, height) < SMALLEST:
        raise UserError(
            _("There is not enough memory to paint: close other programs and try again.")
        )
    return int(scale * max(width, height))
