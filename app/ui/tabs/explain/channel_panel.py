"""Channels of the network in a picture: small ones to press, and one of them large and in words."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, TypeVar
from urllib.parse import urlencode

import gradio as gr
import numpy as np

from app.errors import UserError
from app.heatmap import overlay
from app.imaging import data_uri
from app.serving.channels import LayerActivations, computed_by
from app.translation import gettext as _
from app.ui.components.widgets import (
    DRAG_HINT,
    ComparedPictures,
    clickable_html,
    colour_scale,
    compare_slider,
    html,
)
from app.ui.context import AppContext, UploadedPicture
from app.ui.handlers import Updates
from app.ui.wording import percent
from training.common.movements import MOVEMENTS
from training.common.preprocessing import fit

T = TypeVar("T")

FoundChannel = tuple[LayerActivations, int]
"""The activations of a layer, and one of its channels."""

_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
EMPTY = ComparedPictures(_PIXEL, _PIXEL, 1.5, "", "", "")
"""What a compare slider shows before there is a picture: nothing."""

_SMALL, _LARGE = 168, 1000  # Longest side of a small and of the large picture, in pixels.
_NARROWEST = 0.5  # Pictures that are longer, or taller, than twice their other side are cut.

# The scale in the legend is painted by the very function that it explains.
_RAMP = np.linspace(0, 1, 33, dtype=np.float32)[None]
_SCALE = overlay(np.full((1, 33, 3), 255, np.uint8), _RAMP, 1).picture

_STRENGTHS = (
    (4, _("far stronger than in nearly all paintings")),
    (2, _("much stronger than in most paintings")),
    (1, _("stronger than in most paintings")),
    (0.4, _("a little stronger than usual")),
    (-0.4, _("about as strong as usual")),
    (-1, _("a little weaker than usual")),
)
"""Least score for each wording; below the last it is weaker."""


class ChannelPanel:
    """Lays the panel out: a compare slider beside words, and small pictures below.

    Args:
        context: whose network and atlas it is.
        name: begins the ids: "maps" makes "maps-slider", "maps-channel" and "maps-channels".

    Attributes:
        cards: the small pictures; pressing one selects its position.
        outputs: everything that `show` changes.
    """

    def __init__(self, context: AppContext, name: str) -> None:
        self.context = context
        with gr.Row(elem_classes="two-columns"):
            with gr.Column(scale=7, min_width=320):
                self.compare_slider = compare_slider(EMPTY, f"{name}-slider")
            with gr.Column(scale=4, min_width=300):
                self.details = html("", f"{name}-channel")
        self.cards = clickable_html("", f"{name}-channels")
        self.outputs: list[Any] = [self.compare_slider, self.details, self.cards]

    def show(
        self, uploaded: UploadedPicture, found: Sequence[FoundChannel], position: int, note: str
    ) -> Updates:
        """Show channels; for an event handler to return.

        Args:
            uploaded: whose picture it is.
            found: the channels, the small pictures are in this order.
            position: of the channel that is shown large.
            note: a sentence about all of them.
        """
        activations, channel = found[position]
        cards = cards_html(self.context, uploaded, found, position)
        return {
            self.compare_slider: compared_pictures(uploaded, activations, channel).update(),
            self.details: details_html(self.context, activations, channel),
            self.cards: f'{cards}<p class="small">{note}</p>',
        }


def read_activations(
    context: AppContext, uploaded: UploadedPicture, layers: Sequence[str]
) -> dict[str, LayerActivations]:
    """Run the network as far as some of LAYERS, on its view of the whole picture.

    Nothing is kept: running the network again takes less than fetching a few megabytes of maps for
    every visitor would.

    Raises:
        UserError: the network is missing, or is not one whose maps are known.
    """
    square, reading = uploaded.reading.views[0], uploaded.reading
    maps = context.assets.features.extract(square[None], layers)
    dictionary = if_shipped(lambda: context.assets.dictionary)
    return {
        layer: LayerActivations(
            layer=layer,
            maps=maps[layer][0],
            box=reading.whole,
            size=len(square),
            statistics=None if dictionary is None else dictionary.statistics(layer),
            votes=None if dictionary is None else dictionary.votes(layer),
        )
        for layer in layers
    }


def if_shipped(read: Callable[[], T]) -> T | None:
    """A shipped asset; None where its files are missing, and the page shows less."""
    try:
        return read()
    except (UserError, LookupError):
        return None


def _tile(context: AppContext, layer: str, channel: int) -> np.ndarray | None:
    """A channel's picture in the atlas, uint8 RGB [T,T,3], if there is an atlas."""
    return if_shipped(lambda: context.assets.atlas.tile(layer, channel))


def cards_html(
    context: AppContext,
    uploaded: UploadedPicture,
    found: Sequence[FoundChannel],
    chosen: int | None,
) -> str:
    """HTML of channels: where each is active, beside its tile of the atlas; to press by position.

    Args:
        context: whose atlas it is.
        uploaded: whose picture it is.
        found: layer and channel of each.
        chosen: the position that is pressed.
    """
    picture = fit(uploaded.picture, _SMALL)
    mixed = len({activations.layer for activations, _channel in found}) > 1
    label = _("Channel {channel} of {layer}, {strength}")
    buttons = "".join(
        f'<button type="button" data-index="{position}"'
        f' aria-pressed="{str(position == chosen).lower()}" aria-label="'
        + label.format(channel=channel, layer=here.layer, strength=strength(here, channel))
        + f'">{_card(context, picture, here, channel)}'
        f"<b>{f'{here.layer[:5]} &middot; ' if mixed else ''}{channel}</b>"
        f" <i>{_score(here, channel)}</i></button>"
        for position, (here, channel) in enumerate(found)
    )
    return f'<div class="channels" role="group" aria-label="{_("Channels")}">{buttons}</div>'


def _card(
    context: AppContext, picture: np.ndarray, activations: LayerActivations, channel: int
) -> str:
    """Where a channel is active in a small picture, and its tile."""
    height, width = picture.shape[:2]
    ratio = min(max(width / height, _NARROWEST), 1 / _NARROWEST)
    painted = overlay(picture, activations.heat_map(channel, width, height), 0.85).picture
    pictures = [(ratio, painted)]
    tile = _tile(context, activations.layer, channel)
    if tile is not None:
        pictures.append((1.0, tile))
    images = "".join(
        f'<img style="--ratio: {ratio:.3f}" src="{data_uri(shown, 80)}" alt="">'
        for ratio, shown in pictures
    )
    return f'<span class="both">{images}</span>'


def compared_pictures(
    uploaded: UploadedPicture, activations: LayerActivations, channel: int
) -> ComparedPictures:
    """One channel's activations over the picture."""
    picture = fit(uploaded.picture, _LARGE)
    height, width = picture.shape[:2]
    painted = overlay(picture, activations.heat_map(channel, width, height), 1)
    caption = _("{title} seen by channel {channel} of {layer}").format(
        title=f"<b>{escape(uploaded.title)}</b>", channel=channel, layer=activations.layer
    )
    legend = _legend(activations, channel, active=painted.evidence)
    return ComparedPictures(
        picture=data_uri(picture),
        overlay=data_uri(painted.picture),
        ratio=uploaded.size[0] / uploaded.size[1],
        alt=escape(uploaded.title),
        caption=caption,
        legend=legend,
    )


def _legend(activations: LayerActivations, channel: int, *, active: bool) -> str:
    """HTML of what the colours mean."""
    if activations.statistics is not None:
        where = _(
            "Where channel {channel} answers more than it usually does in paintings: {scale}."
        )
        nowhere = _(
            "Channel {channel} answers nowhere in this picture more than it usually does in"
            " paintings."
        )
    else:
        where = _("Where channel {channel} answers more than elsewhere in this picture: {scale}.")
        nowhere = _(
            "Channel {channel} answers nowhere in this picture more than elsewhere in this picture."
        )
    if not active:
        return nowhere.format(channel=channel)
    colours = colour_scale(_("a little"), _("most"), _SCALE)
    return where.format(channel=channel, scale=colours) + f" {DRAG_HINT}"


def details_html(context: AppContext, activations: LayerActivations, channel: int) -> str:
    """HTML of one channel in words and numbers."""
    silent = float(activations.sparsity[channel])
    computed = _("Computed by {layer}.").format(layer=computed_by(activations.layer, channel))
    if activations.statistics is not None:
        answer = _("It answers {strength}.").format(strength=strength(activations, channel))
        computed = f"{computed} {answer}"
    where = _("Answers in {active} of the picture and is silent in {silent}.").format(
        active=percent(1 - silent), silent=percent(silent)
    )
    return (
        f'<div class="channel"><h3>{_("Channel {channel}").format(channel=channel)}</h3>'
        f"<p>{computed}</p><dl><dt>{_('Where')}</dt><dd>{where}</dd>"
        f"<dt>{_('Mean')}</dt><dd>{_mean(activations, channel)}</dd>"
        f"{_votes(activations, channel)}</dl>{_tile_figure(context, activations, channel)}</div>"
    )


def _tile_figure(context: AppContext, activations: LayerActivations, channel: int) -> str:
    """HTML of the channel's tile with a link to its card; empty where there is no atlas."""
    tile = _tile(context, activations.layer, channel)
    if tile is None:
        return ""
    query = escape(urlencode({"layer": activations.layer, "channel": channel}))
    alt = _("A pattern that drives channel {channel} up").format(channel=channel)
    caption = _(
        "A pattern that drives it up, made by a program: not a painting, and not all it answers to."
    )
    link = f'<a href="?{query}" target="_blank">{_("Its card in the Atlas")}</a>'
    return (
        f'<figure><img class="tile" src="{data_uri(tile)}" alt="{alt}">'
        f"<figcaption>{caption} {link}</figcaption></figure>"
    )


def strength(activations: LayerActivations, channel: int) -> str:
    """How active a channel is, in words."""
    score = float(activations.scores[channel])
    if activations.statistics is None:
        return _("its best place {score:.1f} deviations above its others").format(score=score)
    weaker = _("weaker than usual")
    return next((words for least, words in _STRENGTHS if score >= least), weaker)


def table(activations: LayerActivations, channels: range) -> list[list[object]]:
    """Numbers of all channels of a depth, with a head: for a CSV file."""
    known = activations.statistics is not None
    score = "deviations_above_usual" if known else "peak_in_deviations"
    votes = [] if activations.votes is None else [f"vote_{name}" for name in MOVEMENTS]
    rows: list[list[object]] = [
        ["layer", "channel", "written_by", "mean", score, "silent_share", *votes]
    ]
    for channel in channels:
        numbers = [
            activations.means[channel],
            activations.scores[channel],
            activations.sparsity[channel],
        ]
        if activations.votes is not None:
            numbers += list(activations.votes[channel])
        written = [f"{number:.6g}" for number in numbers]
        source = computed_by(activations.layer, channel)
        rows.append([activations.layer, channel, source, *written])
    return rows


def _votes(activations: LayerActivations, channel: int) -> str:
    """Which movement a stronger activation counts for, and against which."""
    if activations.votes is None:
        return ""
    votes = activations.votes[channel]
    best, worst = int(votes.argmax()), int(votes.argmin())
    words = []
    if votes[best] > 0:
        number = _signed(float(votes[best]))
        words.append(_("for {movement} ({number})").format(movement=MOVEMENTS[best], number=number))
    if votes[worst] < 0:
        number = _signed(float(votes[worst]))
        words.append(
            _("against {movement} ({number})").format(movement=MOVEMENTS[worst], number=number)
        )
    sentence = _("{votes}: in logits, for one deviation more.").format(
        votes=", ".join(words) or _("for none")
    )
    return f"<dt>{_('Votes')}</dt><dd>{sentence}</dd>"


def _score(activations: LayerActivations, channel: int) -> str:
    """A score beside a small picture."""
    if activations.statistics is None:
        return ""
    return _("{number} dev.").format(number=_signed(float(activations.scores[channel]), 1))


def _mean(activations: LayerActivations, channel: int) -> str:
    """The mean activation, and how unusual it is."""
    mean = _signed(float(activations.means[channel]))
    if activations.statistics is None:
        return _("{mean}, before normalisation and ReLU.").format(mean=mean)
    score = float(activations.scores[channel])
    sentence = _(
        "{mean}, before normalisation and ReLU; {deviations:.1f} deviations below the usual."
    )
    if score >= 0:
        sentence = _(
            "{mean}, before normalisation and ReLU; {deviations:.1f} deviations above the usual."
        )
    return sentence.format(mean=mean, deviations=abs(score))


def _signed(number: float, digits: int = 2) -> str:
    return f"{number:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
