"""Heat maps as pictures, as HTML and in sentences."""

from collections.abc import Sequence
from html import escape

import numpy as np

from app.heatmap import Overlay, difference, overlay
from app.imaging import data_uri
from app.serving.border import border_glow
from app.serving.classifier import resize_map
from app.serving.faithfulness import Faithfulness
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.components import charts
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import UploadedPicture
from app.ui.tabs.explain.heatmap_state import DEEPEST, EXACT, LINEAR, CamRequest, HeatmapState
from app.ui.wording import glow, in_words, percent
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

TENTH = 0.1

_TILE = 360  # Longest side of a small picture, in pixels.
_FULL = 1.0  # Colours at full strength: the page's own slider weakens them.
_SMALL_OPACITY = 0.75

# The scales in the legends are painted by the very functions that they explain.
_WHITE, _RAMP = np.full((1, 33, 3), 255, np.uint8), np.linspace(0, 1, 33, dtype=np.float32)[None]
_EVIDENCE_SCALE = colour_scale(_("weak"), _("strong"), overlay(_WHITE, _RAMP, _FULL).picture)
_CONTRAST_SCALE = difference(_WHITE, 1 - 2 * _RAMP, _FULL).picture

_LOW_PROBABILITY = 0.1  # Below it there is little to lose.
_TRUST = (
    (0.2, _("Yes, for this picture: far better than chance, it points at what counts.")),
    (0.05, _("Somewhat: it points at what counts better than chance does.")),
    (-0.05, _("Hardly: it points at what counts no better than chance does.")),
)
_NO_TRUST = _("No: places taken at random count for more than those it points at.")
_ALIKE = ((0.8, _("nearly the same")), (0.5, _("quite alike")), (0.2, _("a little alike")))
_CONCLUSIONS = (
    (0.5, _("so much of this map is the picture's own edges and patches, whatever was learned.")),
    (
        0.2,
        _("so a part of this map is the picture's own edges and patches; the rest was learned."),
    ),
    (-1.0, _("so this map shows what the network has learned.")),
)


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
    request, picture = CamRequest(*state.maps_key), fit(uploaded.picture, _TILE)
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
    painted = paint(picture, uploaded, request, state.maps[number], _SMALL_OPACITY).picture
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


def faithfulness_html(found: Faithfulness, about: str) -> str:
    """HTML of how faithful a map is: in words, then as curves.

    Args:
        found: the curves of deletion and insertion.
        about: the subject of the map; not yet HTML.
    """
    deletion = _curves(
        _("Probability of {movement} while the brightest places are hidden").format(movement=about),
        _("share of the picture hidden, brightest first"),
        found.shares,
        found.random.deletion,
        found.map.deletion,
    )
    insertion = _curves(
        _("Probability of {movement} while the brightest places are uncovered").format(
            movement=about
        ),
        _("share of the picture sharp, brightest first"),
        found.shares,
        found.random.insertion,
        found.map.insertion,
    )
    falls = _("The sooner the line falls, the better the map.")
    rises = _("The sooner the line rises, the better the map.")
    note = _(
        "All are probabilities from one view of the whole picture; hidden places take the grey of"
        " its padding (Petsiuk et al. 2018)."
    )
    return f"""
        <h3>{escape(trust(found))}</h3>
        <div class="pair">
          <figure>{deletion}<figcaption>{escape(deletion_words(found, about))} {falls}</figcaption>
          </figure>
          <figure>{insertion}<figcaption>{escape(insertion_words(found, about))}
          {rises}</figcaption></figure>
        </div>
        <p class="small">{escape(areas(found))} {note}</p>"""


def _curves(
    title: str, across: str, shares: np.ndarray, random: np.ndarray, this_map: np.ndarray
) -> str:
    return charts.curves(
        title,
        [round(float(share), 3) for share in shares],
        {_("random"): random.tolist(), _("this map"): this_map.tolist()},
        share=True,
        across=across,
    )


def sanity_check_html(
    uploaded: UploadedPicture,
    state: HeatmapState,
    random_cells: np.ndarray,
    correlation: float | None,
) -> str:
    """HTML of the map beside that of random weights, float32 [h,w]."""
    picture = fit(uploaded.picture, 2 * _TILE)
    captions = (
        _("This map: what was learned."),
        _("The same method, with random weights."),
    )
    figures = "".join(
        f'<figure><img src="{_source(picture, uploaded, state.request, cells)}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
        for cells, caption in zip((state.cells, random_cells), captions, strict=True)
    )
    note = _(
        "All weights of the same network were drawn anew (Adebayo et al. 2018). It says what a"
        " method can show, not whether this verdict is right."
    )
    return f"""
        <h3>{_("And with a network that has learned nothing?")}</h3>
        <div class="pair sanity-check">{figures}</div>
        <p>{escape(correlation_words(correlation))}</p>
        <p class="small">{note}</p>"""


def _source(
    picture: np.ndarray, uploaded: UploadedPicture, request: CamRequest, cells: np.ndarray
) -> str:
    return data_uri(paint(picture, uploaded, request, cells, _SMALL_OPACITY).picture)


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


def trust(found: Faithfulness) -> str:
    """Whether the map is to be trusted, in a sentence."""
    return next((words for least, words in _TRUST if found.gain >= least), _NO_TRUST)


def deletion_words(found: Faithfulness, about: str) -> str:
    """What hiding the brightest tenth does, in a sentence."""
    whole = float(found.map.deletion[0])
    by_map, by_chance = (
        whole - float(np.interp(TENTH, found.shares, curves.deletion))
        for curves in (found.map, found.random)
    )
    sentence = _(
        "The whole picture gives {movement} {probability}. Hiding the brightest tenth of the map"
        " {by_map}; hiding as much in random places {by_chance}."
    ).format(
        movement=about,
        probability=percent(whole),
        by_map=_points(by_map),
        by_chance=_points(by_chance),
    )
    if whole < _LOW_PROBABILITY:
        sentence += " " + _("There was little to take away in the first place.")
    return sentence


def insertion_words(found: Faithfulness, about: str) -> str:
    """What uncovering the brightest tenth does, in a sentence."""
    by_map, by_chance = (
        float(np.interp(TENTH, found.shares, curves.insertion))
        for curves in (found.map, found.random)
    )
    return _(
        "With the picture blurred, {movement} has {blurred}; with the brightest tenth sharp again"
        " {by_map}, with a random tenth {by_chance}."
    ).format(
        movement=about,
        blurred=percent(float(found.map.insertion[0])),
        by_map=percent(by_map),
        by_chance=percent(by_chance),
    )


def areas(found: Faithfulness) -> str:
    """The areas under all four curves."""
    return _(
        "Area under the curves: hiding {deletion:.2f}, at random {random_deletion:.2f} (less is"
        " better); uncovering {insertion:.2f}, at random {random_insertion:.2f} (more is better)."
    ).format(
        deletion=found.map.deletion_area,
        random_deletion=found.random.deletion_area,
        insertion=found.map.insertion_area,
        random_insertion=found.random.insertion_area,
    )


def correlation_words(correlation: float | None) -> str:
    """What the sanity check found, in two sentences."""
    if correlation is None:
        return _("One of the two maps is flat, so there is nothing to compare.")
    alike = next((words for least, words in _ALIKE if correlation >= least), _("hardly alike"))
    if correlation <= -_ALIKE[-1][0]:
        alike = _("rather opposites")
    return _(
        "With random weights the same method gives the right-hand map. The two are {alike} (rank"
        " correlation {number}, where 1 is the same order of places and 0 none), {conclusion}"
    ).format(
        alike=alike,
        number=f"{correlation:.2f}".replace("-", "\N{MINUS SIGN}"),
        conclusion=next(words for least, words in _CONCLUSIONS if correlation >= least),
    )


def _points(share: float) -> str:
    """A change of probability: "takes 12 points", "adds 1 point"."""
    points = round(100 * share)
    if points == 0:
        return _("takes nothing")
    if points > 0:
        return ngettext("takes {points} point", "takes {points} points", points).format(
            points=points
        )
    return ngettext("adds {points} point", "adds {points} points", -points).format(points=-points)
