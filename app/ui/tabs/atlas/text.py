"""A card in plain words; all sentences about a channel live here."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.serving.atlas import direction as direction_of
from app.serving.dictionary import Dictionary
from app.serving.dictionary_card import Card
from app.serving.dictionary_search import (
    COARSE,
    COLOURFUL,
    COLOURLESS,
    FINE,
    SELECTIVE,
    direction,
)

POSITIONS = ("first", "second", "third", "last")
"""Of the four dense blocks."""

_HARDLY = 0.25  # Share of an answer that is a third of the other.
_SHARP, _BROAD = 0.6, 2.0  # Selectivity, and octaves, from which on a taste is called so.
# Least coherence of a tile that has a direction, and most degrees between two that agree. Of 44
# tiles of reader 0.3's first two blocks with a coherence below 0.2, 45 % were within 30 degrees of
# the measured stripes, where chance would have 33 %; of 123 others 83 %.
_COHERENT, _AWAY = 0.2, 30.0
_CLEAR = 0.3  # Deviations by which a movement's paintings must stand out to be named.


def answer(card: Card) -> str:
    """What a channel answers to: "answers to fine vertical stripes, hardly to colour"."""
    if not card.answers:
        return "answers to no stripes: what it looks for is more than a grating shows"
    return f"answers to {stripes(card)}, {_colour(card)}"


def rendered(card: Card, picture: np.ndarray) -> str:
    """Whether the rendered picture shows the stripes that were measured, in a sentence, or "".

    Args:
        card: of the channel.
        picture: its tile, uint8 RGB [H,W,3].
    """
    if not card.answers:
        return ""
    if card.selectivity < SELECTIVE:
        return "This was measured with stripes; the rendered picture need not show any."
    angle, coherence = direction_of(picture)
    away = abs((angle - card.orientation + 90) % 180 - 90)
    if coherence >= _COHERENT and away <= _AWAY:
        return "This was measured with stripes, and the rendered picture runs the same way."
    shows = "runs another way" if coherence >= _COHERENT else "has no one direction"
    return (
        f"This was measured with stripes; the rendered picture {shows}: it shows something else"
        " that excites the channel."
    )


def stripes(card: Card) -> str:
    """The stripes that a channel answers to: "fine vertical stripes"."""
    aim = direction(card.orientation) if card.selectivity >= SELECTIVE else ""
    colours = f"of {card.hue.replace('-', ' and ')}" if card.colourfulness >= COLOURFUL else ""
    anyhow = "" if aim else "of any direction"
    words = (fineness(card.frequency), aim, "stripes", colours, anyhow)
    return " ".join(filter(None, words))


def fineness(frequency: float) -> str:
    """How far apart stripes are, in a word."""
    distance = 1 / max(frequency, 1e-6)
    return "fine" if distance < FINE else "coarse" if distance > COARSE else "medium"


def _colour(card: Card) -> str:
    """How much it answers to colour beside light and dark."""
    share = card.colourfulness
    if share >= COLOURFUL:
        return f"{'hardly' if share >= 1 - _HARDLY else 'less'} to light and dark"
    if share <= COLOURLESS:
        return f"{'hardly' if share <= _HARDLY else 'less'} to colour"
    return "in colour as in grey"


def taste(card: Card) -> str:
    """Which movement's paintings it answers to most and least, in a sentence."""
    most, least = _ends(card.preferences)
    if card.preferences[most] < _CLEAR and card.preferences[least] > -_CLEAR:
        return "It answers to the paintings of all five movements about alike."
    parts = []
    if card.preferences[most] >= _CLEAR:
        parts.append(f"most to paintings of {most}")
    if card.preferences[least] <= -_CLEAR:
        parts.append(f"least to those of {least}")
    return f"It answers {' and '.join(parts)}."


def voting(card: Card) -> str:
    """What it votes for and against most, in a sentence."""
    most, least = _ends(card.votes)
    return f"It votes for {most} most, and against {least}."


def details(card: Card) -> list[tuple[str, str]]:
    """Every number with its name, in words."""
    distance = 1 / max(card.frequency, 1e-6)
    width = "broad" if card.bandwidth >= _BROAD else "narrow"
    sharp = "sharp" if card.selectivity >= _SHARP else "loose"
    aim = sharp if card.selectivity >= SELECTIVE else "none"
    best = (
        ("Direction of stripes", f"{round(card.orientation) % 180}\N{DEGREE SIGN}; lying is 0"),
        ("Taste in direction", f"{aim}, {card.selectivity:.2f} of 1"),
        ("From stripe to stripe", f"{distance:.1f} of 192 pixels"),
        ("Taste in width", f"{width}, {card.bandwidth:.1f} octaves"),
        ("Colour", f"{card.colourfulness:.2f}; 0.5 is as much as light and dark"),
    )
    return [
        *(best if card.answers else ()),
        ("Moved by the best stripes", f"{card.drive:.1f} deviations of its cells"),
        ("Wherever they lie", f"{card.reliability:.2f} of 1"),
        ("Silent", f"in {100 * card.sparsity:.0f} % of all places in paintings"),
        ("Mean over a painting", f"{card.mean:.3g} \N{PLUS-MINUS SIGN} {card.deviation:.2g}"),
    ]


def sheet_caption(first: int, last: int, total: int, layer: str, words: str) -> str:
    """Which channels are seen: "Channels 0 to 255 of the 512 in conv3_block12"."""
    if words.strip():
        many = f"{first + 1} to {last + 1} of " if last - first + 1 < total else ""
        noun = "channel" if total == 1 else "channels"
        return f"{many}{total} {noun} in {layer} that fit your words"
    return f"Channels {first} to {last} of the {total} in {layer}"


def block_name(dictionary: Dictionary, layer: str) -> str:
    """Where a layer is: "the second of four blocks"."""
    return f"the {POSITIONS[list(dictionary.layers).index(layer)]} of four blocks"


def suggestions(movements: Sequence[str]) -> tuple[str, ...]:
    """Words to begin a search with."""
    return (
        *("fine vertical", "coarse horizontal", "diagonal", "colourful", "blue", "no stripes"),
        f"votes for {movements[1 % len(movements)]}",
        f"colourful against {movements[-1]}",
    )


def _ends(values: Mapping[str, float]) -> tuple[str, str]:
    """Names of the highest and the lowest value."""
    return max(values, key=values.__getitem__), min(values, key=values.__getitem__)
