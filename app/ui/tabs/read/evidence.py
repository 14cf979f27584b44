"""Heat maps of a reading: where the picture speaks for a movement, or for one against another."""

from html import escape

import numpy as np

from app.heatmap import Painted, difference, overlay
from app.imaging import data_uri
from app.serving.border import border_glow
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import UploadedPicture
from app.ui.wording import glow
from training.common.preprocessing import fit

_CONTEST_SIDE = 800  # Longest side of the second, smaller picture.

# The scales in the legends are painted by the very functions that they explain.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
EVIDENCE_SCALE = overlay(_WHITE, _RAMP, 1).picture
"""Colours from weak to strong evidence, uint8 RGB [1,33,3]."""

_EVIDENCE_LEGEND = colour_scale("weak", "strong", EVIDENCE_SCALE)
_CONTEST_SCALE = difference(_WHITE, 1 - 2 * _RAMP, 1).picture


def hang_evidence(uploaded: UploadedPicture, movement: int) -> ComparedPictures:
    """The picture, and the same under the evidence for a movement, by its index."""
    painted = paint_evidence(uploaded.picture, uploaded, movement)
    legend = evidence_legend(uploaded, movement, evidence=painted.evidence)
    if painted.evidence:
        legend += f" {DRAG_HINT}"
    return _compared(uploaded, uploaded.picture, painted.picture, legend)


def hang_contest(uploaded: UploadedPicture, this: int, that: int) -> ComparedPictures:
    """The picture, and the same under what speaks for one movement against another."""
    name, other = (uploaded.reading.movements[index] for index in (this, that))
    picture = fit(uploaded.picture, _CONTEST_SIDE)
    painted = difference(picture, _heat(picture, uploaded, this, that), 1)
    legend = f"Evidence for {colour_scale(name, other, _CONTEST_SCALE)}. {DRAG_HINT}"
    if not painted.evidence:
        legend = "Choose two different movements to compare them."
        if uploaded.reading.blank:
            legend = "There is nothing in this picture to compare."
    return _compared(uploaded, picture, painted.picture, legend)


def paint_evidence(
    picture: np.ndarray, uploaded: UploadedPicture, movement: int, opacity: float = 1.0
) -> Painted:
    """Lay the evidence for a movement over a picture.

    Args:
        picture: uint8 RGB [H,W,3], the visit's at any size.
        uploaded: whose evidence it is.
        movement: index of the movement.
        opacity: 0..1.
    """
    return overlay(picture, _heat(picture, uploaded, movement), opacity)


def evidence_legend(uploaded: UploadedPicture, movement: int, *, evidence: bool) -> str:
    """HTML of what the colours of `paint_evidence` mean.

    Args:
        uploaded: whose evidence it is.
        movement: index of the movement.
        evidence: whether there was any to paint.
    """
    reading, name = uploaded.reading, escape(uploaded.reading.movements[movement])
    if not evidence:
        return f"Nothing in this picture speaks for {'any movement' if reading.blank else name}."
    share = border_glow(reading.cam[0, movement], reading.views[0], reading.whole)
    return f"Evidence for {name}: {_EVIDENCE_LEGEND}. {glow(share)}".rstrip()


def _heat(
    picture: np.ndarray, uploaded: UploadedPicture, this: int, that: int | None = None
) -> np.ndarray:
    height, width = picture.shape[:2]
    if uploaded.reading.blank:  # Whatever the network's map says of it means nothing.
        return np.zeros((height, width), np.float32)
    return uploaded.reading.heat_map(this, width, height, minus=that)


def _compared(
    uploaded: UploadedPicture, picture: np.ndarray, painted: np.ndarray, legend: str
) -> ComparedPictures:
    title, (width, height) = escape(uploaded.title), uploaded.size
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(painted),
        ratio=width / height,
        alt=title,
        caption=f"<b>{title}</b> {width} &times; {height} pixels. {escape(uploaded.origin)}",
        legend=legend,
    )
