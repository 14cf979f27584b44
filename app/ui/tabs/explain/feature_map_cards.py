"""Channels as small pictures to press, and one of them in words."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import numpy as np

from app.heatmap import overlay
from app.imaging import data_uri
from app.serving.channels import LayerView, maker
from app.ui.components.widgets import DRAG_HINT, ComparedPictures, colour_scale
from app.ui.context import AppContext, UploadedPicture
from app.ui.tabs.explain.feature_map_views import tile
from app.ui.wording import percent
from training.common.movements import MOVEMENTS
from training.common.preprocessing import fit

_SMALL, _LARGE = 168, 1000  # Longest side of a picture on a card and on the easel, in pixels.
_NARROWEST = 0.5  # Pictures that are longer, or taller, than twice their other side are cut.

# The scale in the legend is painted by the very function that it explains.
_RAMP = np.linspace(0, 1, 33, dtype=np.float32)[None]
_SCALE = overlay(np.full((1, 33, 3), 255, np.uint8), _RAMP, 1).picture

_STRENGTHS = (
    (4, "far stronger than in nearly all paintings"),
    (2, "much stronger than in most paintings"),
    (1, "stronger than in most paintings"),
    (0.4, "a little stronger than usual"),
    (-0.4, "about as strong as usual"),
    (-1, "a little weaker than usual"),
)
"""Least score for each wording; below the last it is weaker."""


def cards(
    context: AppContext,
    uploaded: UploadedPicture,
    found: Sequence[tuple[LayerView, int]],
    chosen: int | None,
) -> str:
    """HTML of channels: where each answers, beside its tile of the atlas; to press by position.

    Args:
        context: whose atlas it is.
        uploaded: whose picture it is.
        found: layer and channel of each.
        chosen: the position that is pressed.
    """
    picture = fit(uploaded.picture, _SMALL)
    mixed = len({view.layer for view, _ in found}) > 1
    buttons = "".join(
        f'<button type="button" data-index="{position}"'
        f' aria-pressed="{str(position == chosen).lower()}"'
        f' aria-label="Channel {channel} of {view.layer}, {strength(view, channel)}">'
        f"{_card(context, picture, view, channel)}"
        f"<b>{f'{view.layer[:5]} &middot; ' if mixed else ''}{channel}</b>"
        f" <i>{_score(view, channel)}</i></button>"
        for position, (view, channel) in enumerate(found)
    )
    return f'<div class="channels" role="group" aria-label="Channels">{buttons}</div>'


def _card(context: AppContext, picture: np.ndarray, view: LayerView, channel: int) -> str:
    """Where a channel answers in a small picture, and its tile."""
    height, width = picture.shape[:2]
    ratio = min(max(width / height, _NARROWEST), 1 / _NARROWEST)
    painted = overlay(picture, view.heat(channel, width, height), 0.85).picture
    pictures = [(ratio, painted)]
    wanted = tile(context, view.layer, channel)
    if wanted is not None:
        pictures.append((1.0, wanted))
    images = "".join(
        f'<img style="--ratio: {ratio:.3f}" src="{data_uri(shown, 80)}" alt="">'
        for ratio, shown in pictures
    )
    return f'<span class="both">{images}</span>'


def compared_pictures(uploaded: UploadedPicture, view: LayerView, channel: int) -> ComparedPictures:
    """One channel's answer over the picture."""
    picture = fit(uploaded.picture, _LARGE)
    height, width = picture.shape[:2]
    painted = overlay(picture, view.heat(channel, width, height), 1)
    than = "than it usually does in paintings" if view.usual else "than elsewhere in this picture"
    colours = colour_scale("a little", "most", _SCALE)
    legend = f"Where channel {channel} answers more {than}: {colours}. {DRAG_HINT}"
    if not painted.evidence:
        legend = f"Channel {channel} answers nowhere in this picture more {than}."
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(painted.picture),
        ratio=uploaded.size[0] / uploaded.size[1],
        alt=escape(uploaded.title),
        caption=f"<b>{escape(uploaded.title)}</b> seen by channel {channel} of {view.layer}",
        legend=legend,
    )


def details(context: AppContext, view: LayerView, channel: int) -> str:
    """HTML of one channel in words and numbers."""
    known = "" if view.usual is None else f" It answers {strength(view, channel)}."
    wanted = tile(context, view.layer, channel)
    figure = ""
    if wanted is not None:
        query = escape(urlencode({"layer": view.layer, "channel": channel}))
        figure = (
            f'<figure><img class="tile" src="{data_uri(wanted)}" alt="A pattern that drives channel'
            f' {channel} up"><figcaption>A pattern that drives it up, made by a program: not a'
            f' painting, and not all it answers to. <a href="?{query}" target="_blank">Its card in'
            " the Atlas</a></figcaption></figure>"
        )
    return (
        f'<div class="channel"><h3>Channel {channel}</h3>'
        f"<p>Computed by {maker(view.layer, channel)}.{known}</p>"
        f"<dl><dt>Where</dt><dd>Answers in {percent(1 - float(view.quiet[channel]))} of the picture"
        f" and is silent in {percent(float(view.quiet[channel]))}.</dd>"
        f"<dt>Mean</dt><dd>{_signed(float(view.means[channel]))}, before normalisation and ReLU"
        f"{_score_words(view, channel)}.</dd>{_votes(view, channel)}</dl>{figure}</div>"
    )


def strength(view: LayerView, channel: int) -> str:
    """How strong an answer is, in words."""
    score = float(view.scores[channel])
    if view.usual is None:
        return f"its best place {score:.1f} deviations above its others"
    return next((words for least, words in _STRENGTHS if score >= least), "weaker than usual")


def table(view: LayerView, channels: range) -> list[list[object]]:
    """Numbers of all channels of a depth, with a head: for a CSV file."""
    stands_out = "peak_in_deviations" if view.usual is None else "deviations_above_usual"
    votes = [] if view.votes is None else [f"vote_{name}" for name in MOVEMENTS]
    rows: list[list[object]] = [
        ["layer", "channel", "written_by", "mean", stands_out, "silent_share", *votes]
    ]
    for channel in channels:
        numbers = [view.means[channel], view.scores[channel], view.quiet[channel]]
        if view.votes is not None:
            numbers += list(view.votes[channel])
        written = [f"{number:.6g}" for number in numbers]
        rows.append([view.layer, channel, maker(view.layer, channel), *written])
    return rows


def _votes(view: LayerView, channel: int) -> str:
    """Whom a stronger answer helps and harms."""
    if view.votes is None:
        return ""
    votes = view.votes[channel]
    best, worst = int(votes.argmax()), int(votes.argmin())
    words = []
    if votes[best] > 0:
        words.append(f"for {MOVEMENTS[best]} ({_signed(float(votes[best]))})")
    if votes[worst] < 0:
        words.append(f"against {MOVEMENTS[worst]} ({_signed(float(votes[worst]))})")
    said = ", ".join(words) or "for none"
    return f"<dt>Votes</dt><dd>{said}: in logits, for one deviation more.</dd>"


def _score(view: LayerView, channel: int) -> str:
    """A score beside a small picture."""
    return "" if view.usual is None else f"{_signed(float(view.scores[channel]), 1)} dev."


def _score_words(view: LayerView, channel: int) -> str:
    if view.usual is None:
        return ""
    score = float(view.scores[channel])
    return f"; {abs(score):.1f} deviations {'above' if score >= 0 else 'below'} the usual"


def _signed(number: float, digits: int = 2) -> str:
    return f"{number:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
