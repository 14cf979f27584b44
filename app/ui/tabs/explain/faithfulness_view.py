"""Deletion, insertion and sanity check of a heat map, as HTML and in sentences."""

from html import escape

import numpy as np

from app.imaging import data_uri
from app.serving.faithfulness import Faithfulness
from app.translation import gettext as _
from app.translation import ngettext
from app.ui.components import charts
from app.ui.context import UploadedPicture
from app.ui.tabs.explain.heatmap_state import CamRequest, HeatmapState
from app.ui.tabs.explain.heatmap_view import SMALL_OPACITY, TILE, paint
from app.ui.wording import percent
from training.common.preprocessing import fit

TENTH = 0.1


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
    picture = fit(uploaded.picture, 2 * TILE)
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
    return data_uri(paint(picture, uploaded, request, cells, SMALL_OPACITY).picture)


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
