"""All sentences about heat maps: what a map shows, and whether it is to be trusted."""

from collections.abc import Sequence

import numpy as np

from app.serving.faithfulness import Faithfulness
from app.ui.tabs.explain.heatmap_state import DEEPEST, EXACT, CamRequest
from app.ui.wording import in_words, percent
from training.common.depths import DEPTHS
from training.common.preprocessing import SIZE

METHODS = {
    EXACT: "Exact class map (CAM)",
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "layercam": "LayerCAM",
    "hirescam": "HiResCAM",
}
"""`app.explain.cams.METHODS` in words."""

TENTH = 0.1

_NOT_MUCH = 0.1  # A probability below this has little to lose.
_TRUST = (
    (0.2, "Yes, for this picture: far better than chance, it points at what counts."),
    (0.05, "Somewhat: it points at what counts better than chance does."),
    (-0.05, "Hardly: it points at what counts no better than chance does."),
)
_NO_TRUST = "No: places taken at random count for more than those it points at."
_ALIKE = ((0.8, "nearly the same"), (0.5, "quite alike"), (0.2, "a little alike"))
_LESSONS = (
    (0.5, "so much of this map is the picture's own edges and patches, whatever was learned."),
    (0.2, "so a part of this map is the picture's own edges and patches; the rest was learned."),
    (-1.0, "so this map shows what the network has learned."),
)
_MINUS = "\N{MINUS SIGN}"


def asked(request: CamRequest, movements: Sequence[str]) -> str:
    """What the map is about: "Cubism", or "Cubism and not Realism"."""
    name = movements[request.this]
    return name if request.minus is None else f"{name} and not {movements[request.minus]}"


def place(depth: int) -> str:
    """Where a depth is and how fine: "depth 4 of 9 (conv3_block12, 24 cells across)"."""
    there = DEPTHS[depth - 1]
    return f"depth {depth} of {DEEPEST} ({there.name}, {cells_across(depth)} cells across)"


def cells_across(depth: int) -> int:
    """How many cells a depth's map has from edge to edge."""
    return SIZE // DEPTHS[depth - 1].stride


def shown(request: CamRequest, movements: Sequence[str]) -> str:
    """One sentence: what the picture on the easel shows, and what it does not."""
    about = asked(request, movements)
    if request.method == EXACT:
        return (
            f"The exact class map: what each place adds to the score of {about},"
            f" {cells_across(DEEPEST)} cells across; it says where, not why."
        )
    method = METHODS[request.method]
    if len(request.depths) == 1:
        return (
            f"{method} at {place(request.depths[0])}: where what the network has seen by then"
            f" raises the score of {about}; an estimate, which says where and not why."
        )
    depths = in_words([str(depth) for depth in request.depths], "and")
    return (
        f"{method}, the average of depths {depths}, each counting alike: where what the network has"
        f" seen by then raises the score of {about}; an estimate, which says where and not why."
    )


def nothing(request: CamRequest, movements: Sequence[str]) -> str:
    """What is said where there is no evidence to paint."""
    where = "" if request.method == EXACT else " by this method, at this depth"
    return f"Nothing in this picture speaks for {asked(request, movements)}{where}."


def trust(found: Faithfulness) -> str:
    """Whether the map is to be trusted, in a sentence."""
    return next((words for least, words in _TRUST if found.gain >= least), _NO_TRUST)


def hiding(found: Faithfulness, about: str) -> str:
    """What hiding the brightest tenth takes, in a sentence."""
    whole = float(found.map.deletion[0])
    by_map, by_chance = (
        whole - float(np.interp(TENTH, found.shares, curves.deletion))
        for curves in (found.map, found.random)
    )
    sentence = (
        f"The whole picture gives {about} {percent(whole)}. Hiding the brightest tenth of the map"
        f" {_points(by_map)}; hiding as much in random places {_points(by_chance)}."
    )
    if whole < _NOT_MUCH:
        sentence += " There was little to take away in the first place."
    return sentence


def uncovering(found: Faithfulness, about: str) -> str:
    """What uncovering the brightest tenth brings, in a sentence."""
    blurred = float(found.map.insertion[0])
    by_map, by_chance = (
        float(np.interp(TENTH, found.shares, curves.insertion))
        for curves in (found.map, found.random)
    )
    return (
        f"With the picture blurred, {about} has {percent(blurred)}; with the brightest tenth sharp"
        f" again {percent(by_map)}, with a random tenth {percent(by_chance)}."
    )


def areas(found: Faithfulness) -> str:
    """The areas under all four curves."""
    this, chance = found.map, found.random
    return (
        f"Area under the curves: hiding {this.deletion_area:.2f}, at random"
        f" {chance.deletion_area:.2f} (less is better); uncovering {this.insertion_area:.2f}, at"
        f" random {chance.insertion_area:.2f} (more is better)."
    )


def controlled(correlation: float | None) -> str:
    """What the control says, in two sentences."""
    if correlation is None:
        return "One of the two maps is flat, so there is nothing to compare."
    number = f"{correlation:.2f}".replace("-", _MINUS)
    alike = next((words for least, words in _ALIKE if correlation >= least), "hardly alike")
    if correlation <= -_ALIKE[-1][0]:
        alike = "rather opposites"
    lesson = next(words for least, words in _LESSONS if correlation >= least)
    return (
        f"With random weights the same method gives the right-hand map. The two are {alike} (rank"
        f" correlation {number}, where 1 is the same order of places and 0 none), {lesson}"
    )


def _points(share: float) -> str:
    """A change of probability: "takes 12 points", "adds 1 point"."""
    points = round(100 * share)
    if points == 0:
        return "takes nothing"
    unit = "point" if abs(points) == 1 else "points"
    return f"takes {points} {unit}" if points > 0 else f"adds {-points} {unit}"
