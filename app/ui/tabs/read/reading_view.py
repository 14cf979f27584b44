"""How a reading is shown: the verdict with its bars, the six views, and heat maps."""

from collections.abc import Mapping
from html import escape

import numpy as np

from app.heatmap import Overlay, difference, overlay
from app.imaging import data_uri
from app.serving.border import border_glow
from app.serving.classifier import Reading
from app.translation import gettext as _
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import UploadedPicture
from app.ui.wording import VIEWS, glow, percent, processor, sureness, verdict
from training.common.preprocessing import fit

_COMPARISON_SIDE = 800  # Longest side of the second, smaller picture.

# The scales in the legends are painted by the same functions as the heat maps.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
EVIDENCE_SCALE = overlay(_WHITE, _RAMP, 1).picture
"""Colours from weak to strong evidence, uint8 RGB [1,33,3]."""

_EVIDENCE_LEGEND = colour_scale(_("weak"), _("strong"), EVIDENCE_SCALE)
_COMPARISON_SCALE = difference(_WHITE, 1 - 2 * _RAMP, 1).picture


def verdict_html(reading: Reading, chosen: int, reliabilities: Mapping[str, str]) -> str:
    """Headline, how sure, how reliable, and a bar to press for each movement, likeliest first.

    A nearly empty picture has no bars: they would mean nothing.

    Args:
        reading: of the picture.
        chosen: index of the movement whose evidence is shown.
        reliabilities: a sentence for each movement, see `app.ui.wording.reliabilities`.
    """
    headline, sure, sentence = verdict(reading)
    named = (reliabilities.get(reading.movements[index], "") for index in reading.named)
    trust = "".join(f'<p class="small trust">{escape(words)}</p>' for words in named if words)
    eyebrow = _("What we found")
    averages = _("The network looked six times; these are the averages.")
    return f"""
        <section class="{_classes("verdict", reading)}">
          <div aria-live="polite">
            <p class="eyebrow">{eyebrow}</p>
            <h2>{escape(headline)}</h2>
            <p class="sure">{escape(sure)}</p>
            <p>{escape(sentence)}</p>
            {trust}
          </div>
          {"" if reading.blank else _bars(reading, chosen, reliabilities)}
          <p class="small">{escape(processor(reading))} {"" if reading.blank else averages}</p>
        </section>"""


def _classes(name: str, reading: Reading) -> str:
    """CSS classes of an element; it is grey where there is no verdict."""
    return f"{name} outside" if reading.refusal else name


def _bars(reading: Reading, chosen: int, reliabilities: Mapping[str, str]) -> str:
    bars = "".join(
        _bar(reading, index, reliabilities, pressed=index == chosen) for index in reading.ranking
    )
    hint = _("Press a movement to see the evidence for it.")
    return f'<p class="small">{hint}</p><ol class="bars">{bars}</ol>'


def _bar(reading: Reading, index: int, reliabilities: Mapping[str, str], *, pressed: bool) -> str:
    name, probability = escape(reading.movements[index]), float(reading.probabilities[index])
    label = _("{movement}: {percent}, {sureness}. Show the evidence for it.").format(
        movement=name, percent=percent(probability), sureness=sureness(probability)
    )
    trust = escape(reliabilities.get(reading.movements[index], ""))
    return (
        f'<li><button type="button" data-index="{index}" aria-pressed="{str(pressed).lower()}"'
        f' data-address="movement={name}"'
        f' aria-label="{label}" title="{trust}"><span class="name">{name}</span>'
        f'<span class="bar"><i style="width: {100 * probability:.1f}%"></i></span>'
        f'<span class="number">{percent(probability)}</span></button></li>'
    )


def views_html(reading: Reading) -> str:
    """The six views, each with the movement that is likeliest in it alone."""
    figures = "".join(
        _view(reading, index, title) for index, title in enumerate(VIEWS[: len(reading.views)])
    )
    return f'<div class="{_classes("views", reading)}">{figures}</div>'


def _view(reading: Reading, index: int, title: str) -> str:
    probabilities, best = reading.view_probabilities[index], ""
    if not reading.blank:
        name = escape(reading.movements[int(probabilities.argmax())])
        best = f"<b>{name}</b> <span>{percent(float(probabilities.max()))}</span>"
    # The padding around the whole picture is for the network only.
    view = reading.views[index][reading.whole.slices] if index == 0 else reading.views[index]
    label = escape(_("View: {name}").format(name=title))
    return (
        f'<figure><img src="{data_uri(view, 85)}" alt="{label}" loading="lazy">'
        f"<figcaption><span>{escape(title)}</span>{best}</figcaption></figure>"
    )


def compare_evidence(uploaded: UploadedPicture, movement: int) -> ComparedPictures:
    """The picture, and the same under the evidence for a movement, by its index."""
    painted = paint_evidence(uploaded.picture, uploaded, movement)
    legend = evidence_legend(uploaded, movement, evidence=painted.evidence)
    if painted.evidence:
        legend += f" {DRAG_HINT}"
    return _compared(uploaded, uploaded.picture, painted.picture, legend)


def compare_movements(uploaded: UploadedPicture, this: int, that: int) -> ComparedPictures:
    """The picture, and the same under the difference of the evidence for two movements."""
    name, other = (uploaded.reading.movements[index] for index in (this, that))
    picture = fit(uploaded.picture, _COMPARISON_SIDE)
    painted = difference(picture, _heat_map(picture, uploaded, this, that), 1)
    scale = colour_scale(name, other, _COMPARISON_SCALE)
    legend = _("Evidence for {scale}.").format(scale=scale) + f" {DRAG_HINT}"
    if not painted.evidence:
        legend = _("Choose two different movements to compare them.")
        if uploaded.reading.blank:
            legend = _("There is nothing in this picture to compare.")
    return _compared(uploaded, picture, painted.picture, legend)


def paint_evidence(
    picture: np.ndarray, uploaded: UploadedPicture, movement: int, opacity: float = 1.0
) -> Overlay:
    """Paint the evidence for a movement over a picture.

    Args:
        picture: uint8 RGB [H,W,3], the uploaded one at any size.
        uploaded: whose evidence it is.
        movement: index of the movement.
        opacity: 0..1.
    """
    return overlay(picture, _heat_map(picture, uploaded, movement), opacity)


def evidence_legend(uploaded: UploadedPicture, movement: int, *, evidence: bool) -> str:
    """HTML of what the colours of `paint_evidence` mean.

    Args:
        uploaded: whose evidence it is.
        movement: index of the movement.
        evidence: whether there was any to paint.
    """
    reading, name = uploaded.reading, escape(uploaded.reading.movements[movement])
    if reading.blank:
        name = _("any movement")
    if not evidence:
        return no_evidence(name)
    share = border_glow(reading.cam[0, movement], reading.views[0], reading.whole)
    legend = _("Evidence for {movement}: {scale}.").format(movement=name, scale=_EVIDENCE_LEGEND)
    return f"{legend} {glow(share)}".rstrip()


def no_evidence(movement: str) -> str:
    """That a heat map is empty."""
    return _("Nothing in this picture speaks for {movement}.").format(movement=movement)


def _heat_map(
    picture: np.ndarray, uploaded: UploadedPicture, this: int, that: int | None = None
) -> np.ndarray:
    """Float32 [H,W], signed; zero for a nearly empty picture, whose map means nothing."""
    height, width = picture.shape[:2]
    if uploaded.reading.blank:
        return np.zeros((height, width), np.float32)
    return uploaded.reading.heat_map(this, width, height, minus=that)


def _compared(
    uploaded: UploadedPicture, picture: np.ndarray, painted: np.ndarray, legend: str
) -> ComparedPictures:
    title, (width, height) = escape(uploaded.title), uploaded.size
    size = _("{width} &times; {height} pixels.").format(width=width, height=height)
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(painted),
        ratio=width / height,
        alt=title,
        caption=f"<b>{title}</b> {size} {escape(uploaded.origin)}",
        legend=legend,
    )
