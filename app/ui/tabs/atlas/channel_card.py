"""HTML of a channel's card, and all sentences about a channel."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

import numpy as np

from app.imaging import data_uri
from app.serving.atlas import Atlas, stripe_orientation
from app.serving.dictionary import ChannelCard, Dictionary
from app.serving.dictionary_search import (
    COARSE,
    COLOURFUL,
    COLOURLESS,
    FINE,
    SELECTIVE,
    direction_name,
)
from app.serving.reference_map import UNKNOWN
from app.serving.top_paintings import TopPainting
from app.translation import gettext as _
from app.ui.components.widgets import search_links

EMPTY = f'<p class="small empty">{_("Press a tile to see what is known of its channel.")}</p>'

_BLOCKS = (
    _("the first of four blocks"),
    _("the second of four blocks"),
    _("the third of four blocks"),
    _("the last of four blocks"),
)

_DIRECTIONS = {
    "horizontal": _("horizontal"),
    "rising": _("rising"),
    "vertical": _("vertical"),
    "falling": _("falling"),
}

# The two ends of a wave, as CSS colours: what `export.assets.gratings.tint` makes of -1 and 1.
_WAVE_COLOURS = {
    "grey": ("#484848", "#a3a3a3"),
    "red-green": ("#0a9080", "#af6d80"),
    "blue-yellow": ("#848405", "#7b7baf"),
}

_HARDLY = 0.25  # Share of a response that is a third of the other.
_SHARP, _BROAD = 0.6, 2.0  # Selectivity, and octaves, from which on a tuning is called so.
# Least coherence of a tile that has a direction, and most degrees between two that agree. Of 44
# tiles of the first two blocks (classifier 0.3) with a coherence below 0.2, 45 % were within 30
# degrees of the measured stripes, where chance would have 33 %; of 123 others 83 %.
_COHERENT, _AWAY = 0.2, 30.0
_CLEAR = 0.3  # Deviations by which a movement's paintings must stand out to be named.


def card_html(
    atlas: Atlas, dictionary: Dictionary, card: ChannelCard, paintings: Sequence[TopPainting] = ()
) -> str:
    """All that is known of a channel; its neighbours can be pressed, `data-index` is a number.

    Args:
        atlas: where the tiles are.
        dictionary: what was measured.
        card: of the channel.
        paintings: that excite it most, the strongest first, as far as they are known.
    """
    answer = response(card)
    comparison = compare_with_tile(card, atlas.tile(card.layer, card.channel))
    largest_vote = float(abs(dictionary.votes(card.layer)).max())
    about_votes = _(
        "The bars show what it adds to each movement's score where it answers one deviation more"
        " than usual, on the average of training paintings, beside the strongest vote in its block;"
        " other channels may outvote it."
    )
    about_similar = _(
        "The six channels, of any block, that rise and fall with it from training painting to"
        " training painting; they need not look alike."
    )
    return f"""
        <article class="atlas-card" data-number="{card.number}" data-address="{_address(card)}">
          <p class="eyebrow">{escape(card.layer)}, {block_name(dictionary, card.layer)}</p>
          <h3 aria-live="polite">{_("Channel {channel}").format(channel=card.channel)}</h3>
          <div class="duo">{_tile(atlas, card)}{_grating(card)}</div>
          <p class="response">{escape(answer[0].upper() + answer[1:])}.</p>
          <p class="small">{escape(comparison)}</p>
          <p>{escape(preference(card))}</p>
          {_paintings(paintings)}
          <h4>{_("What it votes for")}</h4>
          {_vote_bars(card.votes, largest_vote)}
          <p class="small">{escape(vote(card))} {escape(about_votes)}</p>
          <h4>{_("Answers to paintings like")}</h4>
          {_similar(atlas, dictionary, card)}
          <p class="small">{escape(about_similar)}</p>
          <details><summary>{_("The numbers")}</summary>{_details(card)}</details>
          <p class="small"><a href="{link(card)}" target="_blank">{_("A link to this card")}</a>
          <a class="back" href="#atlas-sheet">{_("Back to the tiles")}</a></p>
        </article>"""


def _paintings(paintings: Sequence[TopPainting]) -> str:
    """Names of paintings, with links to look them up; nothing where none are known."""
    if not paintings:
        return ""
    rows = []
    for each in paintings:
        title = "" if each.title == UNKNOWN else each.title
        known = escape(", ".join(filter(None, (each.artist, str(each.year or "")))))
        cite = f"<cite>{escape(title)}</cite>, " if title else ""
        links = search_links(*filter(None, (each.artist, title)))
        rows.append(f"<li>{cite}{known} ({each.deviations:+.1f}). {links}</li>")
    heading = _("Training paintings that excite it most")
    note = _(
        "One of each artist. The number says by how many standard deviations its mean answer is"
        " above that to all training paintings. The paintings themselves are not here; the links"
        " lead to searches elsewhere."
    )
    return (
        f'<h4>{heading}</h4><ol class="atlas-paintings">{"".join(rows)}</ol>'
        f'<p class="small">{note}</p>'
    )


def link(card: ChannelCard) -> str:
    """HTML of the address of a card, relative to the page's."""
    return f"?{_address(card)}"


def _address(card: ChannelCard) -> str:
    """HTML of its part of the page's address, see address.js."""
    return escape(urlencode({"layer": card.layer, "channel": card.channel}))


def _tile(atlas: Atlas, card: ChannelCard) -> str:
    source = data_uri(atlas.tile(card.layer, card.channel), 92)
    alt = _("Tile of channel {channel}").format(channel=card.channel)
    caption = _("Generated to excite it most; no painting looks like this.")
    return f'<figure><img src="{source}" alt="{alt}"><figcaption>{caption}</figcaption></figure>'


def _grating(card: ChannelCard) -> str:
    """The grating that excites it most, as wide as on a picture of 192 pixels."""
    if not card.responds:
        caption = _("No stripes move it much; it looks for something else.")
        return (
            '<figure><div class="grating none" aria-hidden="true"></div>'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    dark, light = _WAVE_COLOURS[card.hue]
    # CSS measures clockwise from upwards, and across the stripes.
    angle, distance = 180 - card.orientation, 1 / card.frequency
    caption = _(
        "Of 360 kinds of stripes it answers to these most; something in a painting may excite it"
        " more."
    )
    return (
        f'<figure><div class="grating" role="img" aria-label="{escape(stripes(card))}" style="'
        f"--dark: {dark}; --light: {light}; --angle: {angle:.0f}deg; --distance: {distance:.2f}px"
        f'"></div><figcaption>{caption}</figcaption></figure>'
    )


def _vote_bars(votes: Mapping[str, float], largest: float) -> str:
    rows = []
    for name, number in votes.items():
        share = 50 * min(1, abs(number) / max(largest, 1e-12))
        side = "for" if number >= 0 else "against"
        rows.append(
            f'<li><span class="name">{escape(name)}</span><span class="vote-bar"><i class="{side}"'
            f' style="width: {share:.1f}%"></i></span><span class="number">{number:+.3f}</span>'
            "</li>"
        )
    return f'<ul class="atlas-votes">{"".join(rows)}</ul>'


def _similar(atlas: Atlas, dictionary: Dictionary, card: ChannelCard) -> str:
    buttons = []
    for each in card.nearest:
        tile = data_uri(atlas.tile(each.layer, each.channel), 75)
        label = _("{layer}, channel {channel}, correlation {correlation:.2f}").format(
            layer=each.layer, channel=each.channel, correlation=each.correlation
        )
        number = dictionary.number(each.layer, each.channel)
        buttons.append(
            f'<button type="button" data-index="{number}" title="{label}" aria-label="{label}">'
            f'<img src="{tile}" alt=""></button>'
        )
    label = _("Nearest")
    return f'<div class="atlas-near" role="group" aria-label="{label}">{"".join(buttons)}</div>'


def _details(card: ChannelCard) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in details(card)
    )
    return f"<dl>{rows}</dl>"


def response(card: ChannelCard) -> str:
    """What a channel answers to: "answers to fine vertical stripes, hardly to colour"."""
    if not card.responds:
        return _("answers to no stripes: what it looks for is more than a grating shows")
    return _("answers to {stripes}, {colour}").format(stripes=stripes(card), colour=_colour(card))


def compare_with_tile(card: ChannelCard, picture: np.ndarray) -> str:
    """Whether the rendered picture shows the stripes that were measured, in a sentence, or "".

    Args:
        card: of the channel.
        picture: its tile, uint8 RGB [H,W,3].
    """
    if not card.responds:
        return ""
    if card.selectivity < SELECTIVE:
        return _("This was measured with stripes; the rendered picture need not show any.")
    angle, coherence = stripe_orientation(picture)
    away = abs((angle - card.orientation + 90) % 180 - 90)
    if coherence >= _COHERENT and away <= _AWAY:
        return _("This was measured with stripes, and the rendered picture runs the same way.")
    if coherence >= _COHERENT:
        return _(
            "This was measured with stripes; the rendered picture runs another way: it shows"
            " something else that excites the channel."
        )
    return _(
        "This was measured with stripes; the rendered picture has no one direction: it shows"
        " something else that excites the channel."
    )


def stripes(card: ChannelCard) -> str:
    """The stripes that a channel answers to: "fine vertical stripes"."""
    directed = card.selectivity >= SELECTIVE
    hues = {"red-green": _("of red and green"), "blue-yellow": _("of blue and yellow")}
    words = (
        fineness(card.frequency),
        _DIRECTIONS[direction_name(card.orientation)] if directed else "",
        _("stripes"),
        hues.get(card.hue, _("of grey")) if card.colourfulness >= COLOURFUL else "",
        "" if directed else _("of any direction"),
    )
    return " ".join(filter(None, words))


def fineness(frequency: float) -> str:
    """How far apart stripes are, in a word."""
    distance = 1 / max(frequency, 1e-6)
    return _("fine") if distance < FINE else _("coarse") if distance > COARSE else _("medium")


def _colour(card: ChannelCard) -> str:
    """How much it answers to colour beside light and dark."""
    share = card.colourfulness
    if share >= COLOURFUL:
        return (
            _("hardly to light and dark") if share >= 1 - _HARDLY else _("less to light and dark")
        )
    if share <= COLOURLESS:
        return _("hardly to colour") if share <= _HARDLY else _("less to colour")
    return _("in colour as in grey")


def preference(card: ChannelCard) -> str:
    """Which movement's paintings it answers to most and least, in a sentence."""
    most, least = _extremes(card.preferences)
    likes, dislikes = card.preferences[most] >= _CLEAR, card.preferences[least] <= -_CLEAR
    if likes and dislikes:
        sentence = _("It answers most to paintings of {most} and least to those of {least}.")
    elif likes:
        sentence = _("It answers most to paintings of {most}.")
    elif dislikes:
        sentence = _("It answers least to those of {least}.")
    else:
        sentence = _("It answers to the paintings of all five movements about alike.")
    return sentence.format(most=most, least=least)


def vote(card: ChannelCard) -> str:
    """What it votes for and against most, in a sentence."""
    most, least = _extremes(card.votes)
    return _("It votes for {most} most, and against {least}.").format(most=most, least=least)


def details(card: ChannelCard) -> list[tuple[str, str]]:
    """Every number with its name, in words."""
    numbers = [
        (_("Raised by the best stripes"), _("{:.1f} deviations of its cells").format(card.drive)),
        (_("Wherever they are"), _("{:.2f} of 1").format(card.reliability)),
        (_("Silent"), _("in {:.0f} % of all places in paintings").format(100 * card.sparsity)),
        (
            _("Mean over a painting"),
            f"{card.mean:.3g} \N{PLUS-MINUS SIGN} {card.deviation:.2g}",
        ),
    ]
    if not card.responds:
        return numbers
    distance, degrees = 1 / max(card.frequency, 1e-6), round(card.orientation) % 180
    width = _("broad") if card.bandwidth >= _BROAD else _("narrow")
    sharpness = _("sharp") if card.selectivity >= _SHARP else _("loose")
    if card.selectivity < SELECTIVE:
        sharpness = _("none")
    horizontal = _("{degrees}\N{DEGREE SIGN}; horizontal is 0").format(degrees=degrees)
    return [
        (_("Direction of stripes"), horizontal),
        (
            _("Tuning to direction"),
            _("{sharpness}, {number:.2f} of 1").format(
                sharpness=sharpness, number=card.selectivity
            ),
        ),
        (_("From stripe to stripe"), _("{:.1f} of 192 pixels").format(distance)),
        (
            _("Tuning to width"),
            _("{width}, {number:.1f} octaves").format(width=width, number=card.bandwidth),
        ),
        (_("Colour"), _("{:.2f}; 0.5 is as much as light and dark").format(card.colourfulness)),
        *numbers,
    ]


def block_name(dictionary: Dictionary, layer: str) -> str:
    """Where a layer is: "the second of four blocks"."""
    return _BLOCKS[list(dictionary.layers).index(layer)]


def _extremes(values: Mapping[str, float]) -> tuple[str, str]:
    """Names of the highest and the lowest value."""
    return max(values, key=values.__getitem__), min(values, key=values.__getitem__)
