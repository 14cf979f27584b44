"""Heat maps as they hang in the page: on the easel, as a wall of nine, and beside their control."""

from html import escape

import numpy as np

from app.heatmap import Painted, difference, overlay
from app.imaging import data_uri
from app.serving.border import border_glow
from app.serving.classifier import resize_map
from app.serving.faithfulness import Faithfulness
from app.ui.components import charts
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import UploadedPicture
from app.ui.tabs.explain import heatmap_text as words
from app.ui.tabs.explain.heatmap_state import DEEPEST, EXACT, LINEAR, CamRequest, HeatmapState
from app.ui.wording import glow
from training.common.depths import DEPTHS
from training.common.preprocessing import fit

_TILE = 360  # Longest side of a small picture, in pixels.
_FULL = 1.0  # Colours at full strength: the page's own slider weakens them.

# The scales in the legends are painted by the very functions that they explain.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
_EVIDENCE_SCALE = colour_scale("weak", "strong", overlay(_WHITE, _RAMP, _FULL).picture)
_CONTEST_SCALE = difference(_WHITE, 1 - 2 * _RAMP, _FULL).picture


def paint(
    picture: np.ndarray,
    uploaded: UploadedPicture,
    request: CamRequest,
    cells: np.ndarray,
    opacity: float = _FULL,
) -> Painted:
    """Lay a map over a picture.

    Args:
        picture: uint8 RGB [H,W,3], the visit's at any size.
        uploaded: whose map it is.
        request: what the map shows; a contrast of two movements has two colours where both signs of
            the map have a sense.
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


def compared_pictures(uploaded: UploadedPicture, look: HeatmapState) -> ComparedPictures:
    """The picture, and the same under its map."""
    painted = paint(uploaded.picture, uploaded, look.request, look.cells)
    title, (width, height) = escape(uploaded.title), uploaded.size
    sentence = escape(words.shown(look.request, uploaded.reading.movements))
    return ComparedPictures(
        picture=data_uri(uploaded.picture),
        overlay=data_uri(painted.picture),
        ratio=width / height,
        alt=title,
        caption=f"<b>{title}</b> {sentence}",
        legend=_legend(uploaded, look, evidence=painted.evidence),
    )


def all_depths(uploaded: UploadedPicture, look: HeatmapState) -> str:
    """HTML of the maps at all nine depths, each to press; empty while there are none."""
    if not look.maps or look.question is None:
        return ""
    this, minus, method = look.question
    request, picture = CamRequest(this, minus, method), fit(uploaded.picture, _TILE)
    tiles = "".join(_tile(uploaded, request, picture, look, number) for number in look.maps)
    about = escape(words.asked(request, uploaded.reading.movements))
    return f"""
        <figure class="depths">
          <div role="group" aria-label="All nine depths">{tiles}</div>
          <figcaption>{words.METHODS[method]} for {about} at all nine depths, from fine and simple
          to coarse and telling. Each has a scale of its own, so bright in one picture is not
          brighter than in another. Press one to see it large.</figcaption>
        </figure>"""


def trial(found: Faithfulness, about: str) -> str:
    """HTML of how faithful a map is: in words, then as curves.

    Args:
        found: what hiding and uncovering did.
        about: what the map is about; not yet HTML.
    """
    shares = [round(float(share), 3) for share in found.shares]
    deletion, insertion = (
        charts.curves(
            title,
            shares,
            {"random": by_chance.tolist(), "this map": by_map.tolist()},
            share=True,
            across=across,
        )
        for title, across, by_chance, by_map in (
            (
                f"Probability of {about} while the brightest places are hidden",
                "share of the picture hidden, brightest first",
                found.random.deletion,
                found.map.deletion,
            ),
            (
                f"Probability of {about} while the brightest places are uncovered",
                "share of the picture sharp, brightest first",
                found.random.insertion,
                found.map.insertion,
            ),
        )
    )
    return f"""
        <h3>{escape(words.trust(found))}</h3>
        <div class="pair">
          <figure>{deletion}<figcaption>{escape(words.hiding(found, about))} The sooner the line
          falls, the better the map.</figcaption></figure>
          <figure>{insertion}<figcaption>{escape(words.uncovering(found, about))} The sooner the
          line rises, the better the map.</figcaption></figure>
        </div>
        <p class="small">{escape(words.areas(found))} All are probabilities after one look at the
        whole picture; hidden places take the grey of its padding (Petsiuk et al. 2018).</p>"""


def control(
    uploaded: UploadedPicture,
    look: HeatmapState,
    random_cells: np.ndarray,
    correlation: float | None,
) -> str:
    """HTML of the map beside that of random weights, float32 [h,w]."""
    picture = fit(uploaded.picture, 2 * _TILE)
    pair = [
        data_uri(paint(picture, uploaded, look.request, cells, 0.75).picture)
        for cells in (look.cells, random_cells)
    ]
    captions = "This map: what was learned.", "The same method, with random weights."
    figures = "".join(
        f'<figure><img src="{source}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
        for source, caption in zip(pair, captions, strict=True)
    )
    return f"""
        <h3>And with a network that has learned nothing?</h3>
        <div class="pair control">{figures}</div>
        <p>{escape(words.controlled(correlation))}</p>
        <p class="small">All weights of the same network were drawn anew (Adebayo et al. 2018).
        It says what a method can show, not whether this verdict is right.</p>"""


def _tile(
    uploaded: UploadedPicture,
    request: CamRequest,
    picture: np.ndarray,
    look: HeatmapState,
    number: int,
) -> str:
    painted = paint(picture, uploaded, request, look.maps[number], 0.75).picture
    depth = DEPTHS[number - 1]
    across = words.cells_across(number)
    pressed = (
        str(look.request == CamRequest(*look.question, (number,))).lower() if look.question else ""
    )
    return (
        f'<button type="button" data-index="{number}" aria-pressed="{pressed}"'
        f' aria-label="Show {words.place(number)} large"><img src="{data_uri(painted, 80)}" alt="">'
        f"<b>{number}</b> <span>{depth.name}, one cell for {depth.stride} &times; {depth.stride}"
        f" pixels, {across} across</span></button>"
    )


def _legend(uploaded: UploadedPicture, look: HeatmapState, *, evidence: bool) -> str:
    """HTML of what the colours mean."""
    reading, request, movements = uploaded.reading, look.request, uploaded.reading.movements
    if not evidence:
        return escape(words.nothing(request, movements))
    if request.minus is not None and request.method in LINEAR:
        pair = movements[request.this], movements[request.minus]
        return f"Evidence for {colour_scale(*pair, _CONTEST_SCALE)}. {DRAG_HINT}"
    about = escape(words.asked(request, movements))
    legend = f"Evidence for {about}: {_EVIDENCE_SCALE}."
    if request.depths == (DEEPEST,):  # Cells of other depths are finer.
        share = border_glow(look.cells, reading.views[0], reading.whole)
        legend = f"{legend} {glow(share)}".rstrip()
    return f"{legend} {DRAG_HINT}"
