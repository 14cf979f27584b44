"""What hangs on the easel of the room for slow painting, and what is said of a run."""

import math
from html import escape

import numpy as np

from app.imaging import data_uri
from app.optimize.spec import Plan
from app.ui.components import charts
from app.ui.components.widgets import ComparedPictures
from app.ui.tabs.optimize.job import OptimizationJob
from app.ui.tabs.optimize.session import OptimizeSession
from app.ui.wording import device, duration
from training.common.preprocessing import fit

SHOWN = 1024
"""Longest side of a painting on the easel, in pixels."""

_LOSSES = "content", "style"
_TIMES, _RIGHT = "\N{MULTIPLICATION SIGN}", "Right:"


def compare_sketch(session: OptimizeSession) -> ComparedPictures:
    """The picture, and what the instant painter makes of it."""
    assert session.sketch is not None
    legend = f"{_RIGHT} a sketch by the instant painter. Press Paint to work it out."
    return _compared(session, session.sketch, legend)


def compare_job(run: OptimizationJob) -> ComparedPictures:
    """The picture, and the painting as far as it has come."""
    session = run.session
    painted = session.sketch if run.picture is None else fit(run.picture, SHOWN)
    assert painted is not None
    return _compared(session, painted, _legend(run))


def plan_words(plan: Plan) -> str:
    """What is going to be done: "3 scales up to 512 x 384, about 180 steps, 60 s"."""
    last, count = plan.levels[-1], len(plan.levels)
    size = f"{last.width} {_TIMES} {last.height}"
    scales = f"{count} scales up to {size}" if count > 1 else f"one scale, {size}"
    return f"{scales}, about {plan.steps} steps, {duration(plan.seconds)}"


def losses_chart(run: OptimizationJob | None) -> str:
    """HTML of how the losses have gone down."""
    if run is None or len(run.losses) < 2:
        return (
            '<p class="small empty">While it is painted, you see here how the painting comes nearer'
            " to the picture (content) and to the style, step by step.</p>"
        )
    kept = list(run.losses)  # The painting goes on meanwhile.
    steps = [step for step, _ in kept]
    content, style = ([getattr(losses, name) for _, losses in kept] for name in _LOSSES)
    series = {name: _shares(values) for name, values in zip(_LOSSES, (content, style), strict=True)}
    title = "Content loss and style loss, step by step"
    chart = charts.curves(title, steps, series, share=True, across="steps")
    return (
        f"<figure>{chart}<figcaption>Both losses, as shares of the most they were: now the content"
        f" loss is {content[-1]:.2g} and the style loss {style[-1]:.2g}. They jump where a larger"
        " scale begins.</figcaption></figure>"
    )


def _shares(values: list[float]) -> list[float]:
    """Each as a share of the largest; steps whose loss is no number count as it."""
    most = max((value for value in values if math.isfinite(value)), default=1.0) or 1.0
    return [value / most if math.isfinite(value) else 1.0 for value in values]


def _compared(session: OptimizeSession, painted: np.ndarray, legend: str) -> ComparedPictures:
    title = escape(session.uploaded.title)
    return ComparedPictures(
        picture=session.shown,
        overlay=data_uri(painted),
        ratio=session.uploaded.size[0] / session.uploaded.size[1],
        alt=title,
        caption=f"<b>{title}</b> after <i>{escape(session.style_mix.words())}</i>.",
        legend=legend,
    )


def _legend(run: OptimizationJob) -> str:
    """How far it has come, by what, in how long."""
    if run.last is None or run.plan is None or run.picture is None:
        return f"{_RIGHT} a sketch, until the first step is done."
    height, width = run.picture.shape[:2]
    level = run.plan.levels[run.last.level]
    size = f"{level.width} {_TIMES} {level.height}"
    if run.last.step >= run.last.total:
        size = f"{width} {_TIMES} {height}"
    return (
        f"{_RIGHT} after {run.steps} steps and {duration(run.seconds)}, at {size}"
        f" pixels, on {device(run.device)}."
    )
