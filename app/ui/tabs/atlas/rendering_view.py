"""What is seen and said of a picture that is optimised to please something."""

import math
import re
from collections.abc import Sequence
from html import escape

import numpy as np

from app.explain.feature_visualization.objective_parser import ObjectiveExpression
from app.imaging import data_uri
from app.ui.components import charts
from app.ui.components.downloads import csv_bytes
from app.ui.tabs.atlas.rendering_job import RenderingJob
from app.ui.wording import device, duration

WARNING = (
    "An optimised picture, not a painting that the network has seen: one of many that please it."
    " It says nothing of how often such patterns are in paintings."
)

_STRENGTHS = {
    "channel": "answers {:.1f} standard deviations above its average on training pictures",
    "movement": "gets a logit {:.1f} above the mean of all movements",
    "mixed": "reaches an objective of {:.1f}",
}
_UNITS = {
    "channel": "How many standard deviations the channel is above its average on training"
    " pictures.",
    "movement": "By how much the movement&rsquo;s logit is above the mean of all movements.",
    "mixed": "The objective: channels count in standard deviations above their means, movements in"
    " logits.",
}


def figure(picture: np.ndarray, title: str, made: str) -> str:
    """HTML of a picture, uint8 RGB [H,W,3], with its label; both texts are not yet HTML."""
    return (
        f'<figure class="dream"><img src="{data_uri(picture, 92)}" alt="{escape(title)}: an'
        f' optimised picture"><figcaption><b>{escape(title)}</b> {escape(made)}<br>{WARNING}'
        "</figcaption></figure>"
    )


def nothing_yet() -> str:
    """HTML of the place where a picture will be."""
    return (
        '<figure class="dream"><p class="small empty">Press Render, and a picture grows here out of'
        f" grey noise, step by step.</p><figcaption>{WARNING}</figcaption></figure>"
    )


def shown(run: RenderingJob) -> str:
    """HTML of a run's picture."""
    assert run.last is not None
    assert run.picture is not None
    side = run.settings.recipe.size
    made = (
        f"{strength(run)}. Step {run.last.step}, {side} \N{MULTIPLICATION SIGN} {side} pixels, seed"
        f" {run.settings.seed}; made in {duration(run.last.seconds)} on {device(run.device)}."
    )
    return figure(run.picture, str(run.settings.expression), made)


def strength(run: RenderingJob) -> str:
    """How well a run's picture pleases, in words and a number."""
    assert run.last is not None
    return _STRENGTHS[_kind(run.settings.expression)].format(run.last.best)


def chart(activations: Sequence[float], expression: ObjectiveExpression | None) -> str:
    """HTML of how well the picture pleased, step by step."""
    values = [value if math.isfinite(value) else 0.0 for value in activations]
    if len(values) < 2 or expression is None:
        return (
            '<p class="small empty">While it is rendered, you see here how much better it pleases'
            " from step to step.</p>"
        )
    drawn = charts.trace("How well it pleases, step by step", values)
    return (
        f'<figure class="dream-chart">{drawn}<figcaption>{_UNITS[_kind(expression)]} It is looked'
        " at from another angle at every step, so the line trembles.</figcaption></figure>"
    )


def file_name(run: RenderingJob) -> str:
    """What the run's files are called, without an ending."""
    words = re.sub(r"[^\w.+@]+", "-", str(run.settings.expression))
    return f"{words[:80]} seed {run.settings.seed}"


def table(run: RenderingJob) -> bytes:
    """A CSV of the activation at each step."""
    rows = [(step, f"{value:.6g}") for step, value in enumerate(run.activations, start=1)]
    return csv_bytes([("step", "activation"), *rows])


def _kind(expression: ObjectiveExpression) -> str:
    alone = (
        len(expression.terms) == 1
        and len(expression.terms[0].factors) == 1
        and expression.terms[0].weight == 1
    )
    if not alone:
        return "mixed"
    return "movement" if expression.movements else "channel"
