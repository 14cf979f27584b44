"""Heat maps as pictures, and what they show in sentences."""

from collections.abc import Sequence
from html import escape

import numpy as np

from app.heatmap import Overlay, difference, overlay
from app.imaging import data_uri
from app.serving.border import border_glow
from app.serving.classifier import resize_map
from app.translation import gettext as _
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import UploadedPicture
from app.ui.tabs.explain.heatmap_state import DEEPEST, EXACT, LINEAR, CamRequest, HeatmapState
from app.ui.wording import glow, in_words
from training.common.depths import DEPTHS
from training.common.preprocessing import SIZE, fit

METHODS = {
    EXACT: _("Exact class map (CAM)"),
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "hirescam": "HiResCAM",
}
"""`app.explain.cams.METHODS` in words."""

OPACITY = 0.85
"""Of the colours in a picture that is saved, as the page's slider is at first."""


TILE = 360  # Longest side of a small picture, in pixels.
_FULL = 1.0  # Colours at full strength: the page's own slider weakens them.
SMALL_OPACITY = 0.75

# The scales in the legends are painted by the very functions that they explain.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
_EVIDENCE_SCALE = colour_scale(_("weak"), _("strong"), overlay(_WHITE, _RAMP, _FULL).picture)
_CONTRAST_SCALE = difference(_WHITE, 1 - 2 * _RAMP, _FULL).picture


def paint(
    picture: np.ndarray,
    uploaded: UploadedPicture,
    request: CamRequest,
    cells: np.ndarray,
    opacity: float = _FULL,
) -> Overlay:
    """Paint a map over a picture.

    Args:
        picture: uint8 RGB [H,W,3], the uploaded one at any size.
        uploaded: whose map it is.
        request: what the map shows; a contrast of two movements has two colours where both signs of
            the map have a meaning.
        cells: float32 [h,w], signed.
        opacity: 0..1.
    """
    reading = uploaded.reading
    height, width = picture.shape[:2]
    heat = resize_map(cells, reading.whole, reading.views.shape[1], width, height)
    if request.method != EXACT:  # Gradients have no unit of their own.
        heat = heat / max(float(np.abs(heat).max()), np.finfo(np.float32).tiny)
    if request.minus is not None and request.method in LINEAR:
        return difference(picture, heat, opacity)
    return overlay(picture, heat, opacity)


def compared_pictures(uploaded: UploadedPicture, state: HeatmapState) -> ComparedPictures:
    """The picture, and the same under its map."""
    painted = paint(uploaded.picture, uploaded, state.request, state.cells)
    title, (width, height) = escape(uploaded.title), uploaded.size
    sentence = escape(description(state.request, uploaded.reading.movements))
    return ComparedPictures(
        picture=data_uri(uploaded.picture),
        overlay=data_uri(painted.picture),
        ratio=width / height,
        alt=title,
        caption=f"<b>{title}</b> {sentence}",
        legend=_legend(uploaded, state, evidence=painted.evidence),
    )


def _legend(uploaded: UploadedPicture, state: HeatmapState, *, evidence: bool) -> str:
    """HTML of what the colours mean."""
    reading, request, movements = uploaded.reading, state.request, uploaded.reading.movements
    if not evidence:
        return escape(no_evidence(request, movements))
    if request.minus is not None and request.method in LINEAR:
        pair = movements[request.this], movements[request.minus]
        return (
            _("Evidence for {scale}.").format(scale=colour_scale(*pair, _CONTRAST_SCALE))
            + f" {DRAG_HINT}"
        )
    legend = _("Evidence for {movement}: {scale}.").format(
        movement=escape(subject(request, movements)), scale=_EVIDENCE_SCALE
    )
    if request.depths == (DEEPEST,):  # Cells of other depths are finer.
        share = border_glow(state.cells, reading.views[0], reading.whole)
        legend = f"{legend} {glow(share)}".rstrip()
    return f"{legend} {DRAG_HINT}"


def all_depths_html(uploaded: UploadedPicture, state: HeatmapState) -> str:
    """HTML of the maps at all nine depths, each to press; empty while there are none."""
    if not state.maps or state.maps_key is None:
        return ""
    request, picture = CamRequest(*state.maps_key), fit(uploaded.picture, TILE)
    tiles = "".join(_tile(uploaded, request, picture, state, depth) for depth in state.maps)
    caption = _(
        "{method} for {movement} at all nine depths, from fine and simple to coarse and telling."
        " Each has a scale of its own, so bright in one picture is not brighter than in another."
        " Press one to see it large."
    ).format(method=METHODS[request.method], movement=subject(request, uploaded.reading.movements))
    return f"""
        <figure class="depths">
          <div role="group" aria-label="{_("All nine depths")}">{tiles}</div>
          <figcaption>{escape(caption)}</figcaption>
        </figure>"""


def _tile(
    uploaded: UploadedPicture,
    request: CamRequest,
    picture: np.ndarray,
    state: HeatmapState,
    number: int,
) -> str:
    painted = paint(picture, uploaded, request, state.maps[number], SMALL_OPACITY).picture
    depth = DEPTHS[number - 1]
    shown = CamRequest(request.this, request.minus, request.method, (number,))
    label = _("Show {depth} large").format(depth=depth_words(number))
    words = _("{name}, one cell for {side} &times; {side} pixels, {cells} across").format(
        name=depth.name, side=depth.stride, cells=cells_across(number)
    )
    return (
        f'<button type="button" data-index="{number}"'
        f' aria-pressed="{str(state.request == shown).lower()}" aria-label="{label}">'
        f'<img src="{data_uri(painted, 80)}" alt=""><b>{number}</b> <span>{words}</span></button>'
    )


def subject(request: CamRequest, movements: Sequence[str]) -> str:
    """What the map is about: "Cubism", or "Cubism and not Realism"."""
    name = movements[request.this]
    if request.minus is None:
        return name
    return _("{movement} and not {other}").format(movement=name, other=movements[request.minus])


def depth_words(depth: int) -> str:
    """Where a depth is and how fine: "depth 4 of 9 (conv3_block12, 24 cells across)"."""
    return _("depth {depth} of {deepest} ({name}, {cells} cells across)").format(
        depth=depth, deepest=DEEPEST, name=DEPTHS[depth - 1].name, cells=cells_across(depth)
    )


def cells_across(depth: int) -> int:
    """How many cells a depth's map has from edge to edge."""
    return SIZE // DEPTHS[depth - 1].stride


def description(request: CamRequest, movements: Sequence[str]) -> str:
    """One sentence: what a map shows, and what it does not."""
    about = subject(request, movements)
    if request.method == EXACT:
        return _(
            "The exact class map: what each place adds to the score of {movement}, {cells} cells"
            " across; it says where, not why."
        ).format(movement=about, cells=cells_across(DEEPEST))
    method = METHODS[request.method]
    if len(request.depths) == 1:
        return _(
            "{method} at {depth}: where what the network has seen by then raises the score of"
            " {movement}; an estimate, which says where and not why."
        ).format(method=method, depth=depth_words(request.depths[0]), movement=about)
    depths = in_words([str(depth) for depth in request.depths], _("and"))
    return _(
        "{method}, the average of depths {depths}, each counting alike: where what the network has"
        " seen by then raises the score of {movement}; an estimate, which says where and not why."
    ).format(method=method, depths=depths, movement=about)


def no_evidence(request: CamRequest, movements: Sequence[str]) -> str:
    """What is written where there is no evidence to paint."""
    about = subject(request, movements)
    if request.method == EXACT:
        return _("Nothing in this picture is evidence for {movement}.").format(movement=about)
    return _(
        "Nothing in this picture is evidence for {movement} by this method, at this depth."
    ).format(movement=about)
