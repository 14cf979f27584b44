"""A picture that is optimized for a channel or a movement, and what is shown of it.

PyTorch is imported when the first one begins.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.explain.feature_visualization.objective_parser import ObjectiveExpression
from app.explain.feature_visualization.rendering_config import RenderingConfig
from app.imaging import data_uri, encode_png
from app.optimize import zerogpu
from app.translation import gettext as _
from app.ui.background_job import JobState
from app.ui.components import charts
from app.ui.components.downloads import File, csv_bytes, npy_bytes
from app.ui.wording import device, duration

if TYPE_CHECKING:
    from app.explain.feature_visualization.render import RenderingStep

WARNING = _(
    "An optimised picture, not a painting that the network has seen: one of many that have this"
    " effect. It says nothing about how often such patterns are in paintings."
)

_EXCITATIONS = {
    "channel": _("answers {number:.1f} standard deviations above its average on training pictures"),
    "movement": _("gets a logit {number:.1f} above the mean of all movements"),
    "mixed": _("reaches an objective of {number:.1f}"),
}
_UNITS = {
    "channel": _(
        "How many standard deviations the channel is above its average on training pictures."
    ),
    "movement": _("By how much the movement's logit is above the mean of all movements."),
    "mixed": _(
        "The objective: channels count in standard deviations above their means, movements in"
        " logits."
    ),
}


@dataclass(frozen=True)
class RenderingRequest:
    """What is maximized, how, and from which seed."""

    expression: ObjectiveExpression
    config: RenderingConfig
    seed: int


class RenderingJob:
    """One picture, from its first step to its last.

    Args:
        request: which picture.
        provider: "cpu" does not use the GPU.

    Attributes:
        last: the newest step; None before the first.
        activations: the objective before each step.
        device: "CPU" or "CUDA".
    """

    def __init__(self, request: RenderingRequest, provider: str) -> None:
        self.request, self.provider, self.device = request, provider, ""
        self.last: RenderingStep | None = None
        self.activations: list[float] = []

    @property
    def picture(self) -> np.ndarray | None:
        """The best so far, uint8 RGB [size,size,3]."""
        return self.last.picture if self.last else None

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.last is not None and self.last.step >= self.request.config.steps

    def run(self, state: JobState) -> None:
        """Optimize to the end, or until the state's stop is requested.

        Raises:
            UserError: the network is missing.
        """
        from app.explain.classifier import load_classifier
        from app.explain.feature_visualization.objectives import from_expression
        from app.explain.feature_visualization.render import maximize_activation
        from app.torch_device import choose_device, prepare_processor

        # On ZeroGPU another process would have to compute this: not worth it here.
        torch_device = choose_device("cpu" if zerogpu.ZERO else self.provider)
        self.device = "CUDA" if torch_device.type == "cuda" else "CPU"
        prepare_processor()
        steps = maximize_activation(
            load_classifier(torch_device),
            from_expression(self.request.expression),
            self.request.config,
            self.request.seed,
        )
        for step in steps:
            self.activations.append(step.activation)
            self.last = step
            if state.stop_requested:
                break


@dataclass(eq=False)
class RenderingState(JobState):
    """What one visitor has rendered last.

    Attributes:
        job: the newest picture; None once the visitor has left.
    """

    job: RenderingJob | None = None

    def clear(self) -> None:
        """End the job, and free its picture."""
        super().clear()
        self.job = None


def picture_html(picture: np.ndarray, title: str, made: str) -> str:
    """HTML of a picture, uint8 RGB [H,W,3], with its label; both texts are not yet HTML."""
    alt = _("{title}: an optimised picture").format(title=title)
    return (
        f'<figure class="rendering"><img src="{data_uri(picture, 92)}" alt="{escape(alt)}">'
        f"<figcaption><b>{escape(title)}</b> {escape(made)}<br>{WARNING}</figcaption></figure>"
    )


def placeholder_html() -> str:
    """HTML of the place where a picture will be."""
    invitation = _("Press Render, and a picture emerges here from grey noise, step by step.")
    return (
        f'<figure class="rendering"><p class="small empty">{invitation}</p>'
        f"<figcaption>{WARNING}</figcaption></figure>"
    )


def job_html(job: RenderingJob) -> str:
    """HTML of a job's picture."""
    assert job.last is not None
    assert job.picture is not None
    side = job.request.config.size
    made = _(
        "{excitation}. Step {step}, {side} \N{MULTIPLICATION SIGN} {side} pixels, seed {seed}; made"
        " in {seconds} on {device}."
    ).format(
        excitation=excitation(job),
        step=job.last.step,
        side=side,
        seed=job.request.seed,
        seconds=duration(job.last.seconds),
        device=device(job.device),
    )
    return picture_html(job.picture, str(job.request.expression), made)


def excitation(job: RenderingJob) -> str:
    """The objective so far, in words and a number."""
    assert job.last is not None
    return _EXCITATIONS[_kind(job.request.expression)].format(number=job.last.best)


def chart_html(activations: Sequence[float], expression: ObjectiveExpression | None) -> str:
    """HTML of the objective, step by step."""
    values = [value if math.isfinite(value) else 0.0 for value in activations]
    if len(values) < 2 or expression is None:
        words = _("While it is rendered, its activation is drawn here, step by step.")
        return f'<p class="small empty">{words}</p>'
    drawn = charts.trace(_("Activation, step by step"), values)
    note = _("It is seen from another angle at every step, so the line is noisy.")
    return (
        f'<figure class="rendering-chart">{drawn}<figcaption>'
        f"{escape(_UNITS[_kind(expression)])} {note}</figcaption></figure>"
    )


def png_file(job: RenderingJob) -> File:
    """The picture, with what it is as text inside."""
    assert job.picture is not None
    text = {
        "Title": str(job.request.expression),
        "Description": f"{WARNING} Seed {job.request.seed}; {excitation(job)}.",
        "Software": "Deep Brush",
    }
    return encode_png(job.picture, text), f"{file_name(job)}.png"


def npy_file(job: RenderingJob) -> File:
    """The picture as an array, uint8 RGB [size,size,3]."""
    assert job.picture is not None
    return npy_bytes(job.picture), f"{file_name(job)}.npy"


def csv_file(job: RenderingJob) -> File:
    """The activation at each step."""
    rows = [(step, f"{value:.6g}") for step, value in enumerate(job.activations, start=1)]
    return csv_bytes([("step", "activation"), *rows]), f"{file_name(job)}.csv"


def file_name(job: RenderingJob) -> str:
    """What the job's files are called, without an ending."""
    words = re.sub(r"[^\w.+@]+", "-", str(job.request.expression))
    return f"{words[:80]} seed {job.request.seed}"


def _kind(expression: ObjectiveExpression) -> str:
    alone = (
        len(expression.terms) == 1
        and len(expression.terms[0].factors) == 1
        and expression.terms[0].weight == 1
    )
    if not alone:
        return "mixed"
    return "movement" if expression.movements else "channel"
