"""HTML of a channel's card."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from app.imaging import data_uri
from app.serving.atlas import Atlas
from app.serving.dictionary import Dictionary
from app.serving.dictionary_card import Card
from app.serving.reference_map import UNKNOWN
from app.serving.top_paintings import TopPainting
from app.ui.components.widgets import search_links
from app.ui.tabs.atlas.text import answer, block_name, details, rendered, stripes, taste, voting

EMPTY = '<p class="small empty">Press a tile to see what is known of its channel.</p>'

# The two ends of a wave, as CSS colours: what `export.assets.gratings.tint` makes of -1 and 1.
_WAVES = {
    "grey": ("#484848", "#a3a3a3"),
    "red-green": ("#0a9080", "#af6d80"),
    "blue-yellow": ("#848405", "#7b7baf"),
}


def card_html(
    atlas: Atlas, dictionary: Dictionary, card: Card, paintings: Sequence[TopPainting] = ()
) -> str:
    """All that is known of a channel; its neighbours can be pressed, `data-index` is a number.

    Args:
        atlas: where the tiles are.
        dictionary: what was measured.
        card: of the channel.
        paintings: that excite it most, the strongest first, as far as they are known.
    """
    said, shown = answer(card), rendered(card, atlas.tile(card.layer, card.channel))
    return f"""
        <article class="atlas-card" data-number="{card.number}" data-address="{_address(card)}">
          <p class="eyebrow">{escape(card.layer)}, {block_name(dictionary, card.layer)}</p>
          <h3 aria-live="polite">Channel {card.channel}</h3>
          <div class="duo">{_tile(atlas, card)}{_grating(card)}</div>
          <p class="said">{escape(said[0].upper() + said[1:])}.</p>
          <p class="small">{escape(shown)}</p>
          <p>{escape(taste(card))}</p>
          {_paintings(paintings)}
          <h4>What it votes for</h4>
          {_bars(card.votes, float(abs(dictionary.votes(card.layer)).max()))}
          <p class="small">{escape(voting(card))} The bars show what it adds to each
          movement&rsquo;s score where it answers one deviation more than usual, on the average of
          training paintings, beside the strongest vote in its block; other channels may outvote
          it.</p>
          <h4>Answers to paintings like</h4>
          {_near(atlas, dictionary, card)}
          <p class="small">The six channels, of any block, that rise and fall with it from training
          painting to training painting; they need not look alike.</p>
          <details><summary>The numbers</summary>{_details(card)}</details>
          <p class="small"><a href="{link(card)}" target="_blank">A link to this card</a>
          <a class="back" href="#atlas-sheet">Back to the tiles</a></p>
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
    return (
        "<h4>Training paintings that excite it most</h4>"
        f'<ol class="atlas-paintings">{"".join(rows)}</ol>'
        '<p class="small">One of each artist. The number says by how many standard deviations its'
        " mean answer is above that to all training paintings. The paintings themselves are not"
        " here; the links lead to searches elsewhere.</p>"
    )


def link(card: Card) -> str:
    """HTML of the address of a card, relative to the page's."""
    return f"?{_address(card)}"


def _address(card: Card) -> str:
    """HTML of its part of the page's address, see address.js."""
    return escape(urlencode({"layer": card.layer, "channel": card.channel}))


def _tile(atlas: Atlas, card: Card) -> str:
    source = data_uri(atlas.tile(card.layer, card.channel), 92)
    return (
        f'<figure><img src="{source}" alt="Tile of channel {card.channel}">'
        "<figcaption>Made up to excite it most; no painting looks so.</figcaption></figure>"
    )


def _grating(card: Card) -> str:
    """The stripes that it likes best, as wide as on a picture of 192 pixels."""
    if not card.answers:
        return (
            '<figure><div class="grating none" aria-hidden="true"></div>'
            "<figcaption>No stripes move it much; it looks for something else.</figcaption>"
            "</figure>"
        )
    dark, light = _WAVES[card.hue]
    # CSS measures clockwise from upwards, and across the stripes.
    turn, distance = 180 - card.orientation, 1 / card.frequency
    return (
        f'<figure><div class="grating" role="img" aria-label="{escape(stripes(card))}" style="'
        f"--dark: {dark}; --light: {light}; --turn: {turn:.0f}deg; --distance: {distance:.2f}px"
        '"></div><figcaption>Of 360 kinds of stripes it answers to these most;'
        " something in a painting may please it more.</figcaption></figure>"
    )


def _bars(votes: Mapping[str, float], largest: float) -> str:
    rows = []
    for name, vote in votes.items():
        share = 50 * min(1, abs(vote) / max(largest, 1e-12))
        side = "for" if vote >= 0 else "against"
        rows.append(
            f'<li><span class="name">{escape(name)}</span><span class="ways"><i class="{side}"'
            f' style="width: {share:.1f}%"></i></span><span class="number">{vote:+.3f}</span></li>'
        )
    return f'<ul class="atlas-votes">{"".join(rows)}</ul>'


def _near(atlas: Atlas, dictionary: Dictionary, card: Card) -> str:
    buttons = []
    for near in card.nearest:
        tile = data_uri(atlas.tile(near.layer, near.channel), 75)
        label = f"{near.layer}, channel {near.channel}, correlation {near.likeness:.2f}"
        number = dictionary.number(near.layer, near.channel)
        buttons.append(
            f'<button type="button" data-index="{number}" title="{label}" aria-label="{label}">'
            f'<img src="{tile}" alt=""></button>'
        )
    return f'<div class="atlas-near" role="group" aria-label="Nearest">{"".join(buttons)}</div>'


def _details(card: Card) -> str:
    rows = "".join(f"<dt>{escape(n)}</dt><dd>{escape(v)}</dd>" for n, v in details(card))
    return f"<dl>{rows}</dl>"
