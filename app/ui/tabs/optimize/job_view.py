"""A painting that is being optimized, as the page shows it: compared, in sentences, its losses."""

import math
from html import escape

import numpy as np

from app.imaging import data_uri
from app.optimize.spec import Plan
from app.translation import gettext as _
from app.ui.components import charts
from app.ui.components.widgets import ComparedPictures
from app.ui.tabs.optimize.advanced_form import NETWORK_NAMES
from app.ui.tabs.optimize.job import OptimizationJob
from app.ui.tabs.optimize.session import OptimizeSession
from app.ui.wording import device, duration
from training.common.preprocessing import fit

SHOWN = 1024
"""Longest side of a painting in the compare slider, in pixels."""


_LOSSES = "content", "style"


TIMES_SIGN = "\N{MULTIPLICATION SIGN}"


def compare_sketch(session: OptimizeSession) -> ComparedPictures:
    """The picture, and the sketch that the instant stylizer makes of it."""
    assert session.sketch is not None
    legend = _("Right: a quick sketch. Press Paint to work it out.")
    return _compared(session, session.sketch, legend)


def compare_job(job: OptimizationJob) -> ComparedPictures:
    """The picture, and the painting so far."""
    session = job.session
    painted = session.sketch if job.picture is None else fit(job.picture, SHOWN)
    assert painted is not None
    return _compared(session, painted, _legend(job))


def _compared(session: OptimizeSession, painted: np.ndarray, legend: str) -> ComparedPictures:
    title = escape(session.uploaded.title)
    caption = _("<b>{title}</b> after <i>{styles}</i>").format(
        title=title, styles=escape(session.style_mix.description())
    )
    return ComparedPictures(
        picture=session.photograph_source,
        overlay=data_uri(painted),
        ratio=session.uploaded.size[0] / session.uploaded.size[1],
        alt=title,
        caption=f"{caption}.",
        legend=legend,
    )


def _legend(job: OptimizationJob) -> str:
    """Steps and time so far, and the device."""
    if job.last is None or job.plan is None or job.picture is None:
        return _("Right: a sketch, until the first step is done.")
    height, width = job.picture.shape[:2]
    level = job.plan.levels[job.last.level]
    size = f"{level.width} {TIMES_SIGN} {level.height}"
    if job.last.step >= job.last.total:
        size = f"{width} {TIMES_SIGN} {height}"
    return _("Right: after {steps} steps and {time}, at {size} pixels, on {device}.").format(
        steps=job.steps, time=duration(job.seconds), size=size, device=device(job.device)
    )


def losses_chart(job: OptimizationJob | None) -> str:
    """HTML of a chart of the losses."""
    if job is None or len(job.losses) < 2:
        empty = _(
            "While it is painted, you see here how the painting comes nearer to the picture"
            " (content) and to the style, step by step."
        )
        return f'<p class="small empty">{empty}</p>'
    kept = list(job.losses)  # Painting goes on meanwhile.
    steps = [step for step, losses in kept]
    content, style = ([getattr(losses, name) for step, losses in kept] for name in _LOSSES)
    series = {_("content"): _shares(content), _("style"): _shares(style)}
    title = _("Content loss and style loss, step by step")
    chart = charts.curves(title, steps, series, share=True, across=_("steps"))
    caption = _(
        "Both losses, as shares of the most they were: now the content loss is {content:.2g} and"
        " the style loss {style:.2g}. They jump where a larger scale begins."
    ).format(content=content[-1], style=style[-1])
    return f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"


def _shares(values: list[float]) -> list[float]:
    """Each as a share of the largest; steps whose loss is no number count as it."""
    most = max((value for value in values if math.isfinite(value)), default=1.0) or 1.0
    return [value / most if math.isfinite(value) else 1.0 for value in values]


def plan_summary(plan: Plan) -> str:
    """The plan in words: "3 scales up to 512 x 384, about 180 steps, 60 s"."""
    last, count = plan.levels[-1], len(plan.levels)
    sentence = (
        _("{count} scales up to {size}, about {steps} steps, {time}")
        if count > 1
        else _("one scale, {size}, about {steps} steps, {time}")
    )
    size = f"{last.width} {TIMES_SIGN} {last.height}"
    return sentence.format(count=count, size=size, steps=plan.steps, time=duration(plan.seconds))


def before_first_step(job: OptimizationJob) -> str:
    """What is done before the first step."""
    network = NETWORK_NAMES[job.settings.network]
    if job.plan is not None:
        return _("Beginning: {plan}").format(plan=plan_summary(job.plan))
    if 0 < job.downloaded < 1:
        return _("Downloading {network}, {percent:.0f} % of it are here").format(
            network=network, percent=100 * job.downloaded
        )
    return _("Loading the {network} and trying a few steps, which takes some seconds").format(
        network=network
    )


def planned_html(job: OptimizationJob) -> str:
    """HTML of the plan, and of what in it differs from the settings."""
    assert job.plan is not None
    planned = _("Planned: {plan}.").format(plan=plan_summary(job.plan))
    return f'<p class="small">{planned} {escape(" ".join(job.plan.notices))}</p>'


def done_html(job: OptimizationJob, size: int) -> str:
    """HTML of the result."""
    assert job.picture is not None
    assert job.last is not None
    assert job.plan is not None
    height, width = job.picture.shape[:2]
    if job.finished:
        sentence = _("Painted, in {time} and {steps} steps: {width} &times; {height} pixels.")
    else:
        sentence = _(
            "Stopped at step {step} of {total}, in {time} and {steps} steps: {width} &times;"
            " {height} pixels."
        )
    sentence = sentence.format(
        step=job.last.step,
        total=job.last.total,
        time=duration(job.seconds),
        steps=job.steps,
        width=width,
        height=height,
    )
    about = _(
        "The PNG has {size:.1f} MB and holds styles and settings: drop it here to restore them. A"
        " JPEG is smaller and holds none."
    ).format(size=size / 1e6)
    notices = escape(" ".join(job.plan.notices))
    return f'<p role="status">{sentence} {notices}</p><p class="small">{about}</p>'
