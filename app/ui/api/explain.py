"""The endpoint `/explain`; see `app.ui.api.endpoints`."""

from dataclasses import replace
from typing import TypedDict

from gradio import api

from app.errors import UserError
from app.imaging import encode_png
from app.serving.faithfulness import Faithfulness
from app.translation import gettext as _
from app.ui.api.files import PictureFile, as_file, decode_with_note
from app.ui.context import AppContext, UploadedPicture, errors_as_messages
from app.ui.tabs.explain import faithfulness_view
from app.ui.tabs.explain import heatmap_view as view
from app.ui.tabs.explain.heatmap_state import (
    DEEPEST,
    EXACT,
    CamRequest,
    HeatmapState,
    initial_state,
    measure_faithfulness,
    updated_state,
)
from training.common.depths import DEPTHS


class Explanation(TypedDict):
    """What a heat map is of, and how faithful it is."""

    movement: str
    probability: float
    method: str
    depth: int
    layer: str
    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    words: str
    note: str


def register(context: AppContext) -> None:
    """Add the endpoint; to be called inside the page."""

    @errors_as_messages
    def explain(
        picture: PictureFile, method: str = "grad-cam", depth: int = 9, movement: str = ""
    ) -> tuple[PictureFile, Explanation]:
        """Paint over a picture where a movement's score comes from, and test whether that is true.

        Weak evidence is violet, strong evidence yellow. `probability` is that of the whole picture,
        letterboxed. `deletion` and `insertion` are areas under curves (Petsiuk et al. 2018), from 0
        to 1: how much of the probability is left while the brightest places are hidden (less is
        better), and how much there is while they are uncovered (more is better). The `random_`
        ones are those of random maps; a map that is not better than these should not be trusted.
        `note` says what to know of the file, such as that the first of several pages was read.

        Args:
            picture: A painting as JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF.
            method: "grad-cam", "grad-cam++", "layercam", "hirescam", or "cam" (exact, depth 9).
            depth: How deep in the network to look, from 1 (lines, fine) to 9 (verdict, coarse).
            movement: One of the movements that /classify names; empty takes the likeliest.

        Returns:
            The painted picture, a PNG of the picture's own size.
            What the map is of, and its scores.
        """
        request = _request(context, method, depth, movement)
        pixels, note = decode_with_note(context, picture)
        uploaded = context.receive("", pixels)
        if not movement:
            request = replace(request, this=uploaded.reading.best)
        provider = context.settings.provider
        state = updated_state(uploaded, initial_state(uploaded), request, provider)
        found = measure_faithfulness(context.classifier.network, uploaded.reading, state)
        painted = view.paint(pixels, uploaded, request, state.cells, view.OPACITY)
        png = as_file(encode_png(painted.picture), "explained.png")
        return png, _facts(uploaded, state, found, note, evidence=painted.evidence)

    api(explain, api_name="explain", **context.painting_queue)


def _request(context: AppContext, method: str, depth: int, movement: str) -> CamRequest:
    """What is asked for.

    Raises:
        UserError: there is no such method, depth or movement, or "cam" is asked at another depth.
    """
    if method not in view.METHODS:
        reason = _("There is no method {method!r} here; ask for {methods}.")
        raise UserError(reason.format(method=method, methods=", ".join(view.METHODS)))
    if depth not in range(1, DEEPEST + 1):
        reason = _("The depth must be a whole number from 1 to {deepest}, not {depth}.")
        raise UserError(reason.format(deepest=DEEPEST, depth=depth))
    if method == EXACT and depth != DEEPEST:
        reason = _(
            "The exact class map is of depth {deepest} only; ask for another method at depth"
            " {depth}."
        )
        raise UserError(reason.format(deepest=DEEPEST, depth=depth))
    movements = context.classifier.metadata.movements
    names = [name.casefold() for name in movements]
    if movement and movement.casefold() not in names:
        reason = _("There is no movement {movement!r} here; ask for {movements}.")
        raise UserError(reason.format(movement=movement, movements=", ".join(movements)))
    index = names.index(movement.casefold()) if movement else 0
    return CamRequest(index, None, method, (int(depth),))


def _facts(
    uploaded: UploadedPicture,
    state: HeatmapState,
    found: Faithfulness,
    note: str,
    *,
    evidence: bool,
) -> Explanation:
    request, movements = state.request, uploaded.reading.movements
    name, (depth,) = movements[request.this], request.depths
    hiding, uncovering = (
        faithfulness_view.deletion_words(found, name),
        faithfulness_view.insertion_words(found, name),
    )
    sentences = [hiding, uncovering, faithfulness_view.trust(found)]
    if not evidence:
        sentences = [view.no_evidence(request, movements), hiding, uncovering]
    return {
        "movement": name,
        "probability": round(float(found.map.deletion[0]), 4),
        "method": request.method,
        "depth": depth,
        "layer": DEPTHS[depth - 1].name,
        "deletion": round(found.map.deletion_area, 4),
        "insertion": round(found.map.insertion_area, 4),
        "random_deletion": round(found.random.deletion_area, 4),
        "random_insertion": round(found.random.insertion_area, 4),
        "words": " ".join(sentences),
        "note": note,
    }
