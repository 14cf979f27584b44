"""Finding channels by words, and sorting them.

    search(dictionary, "fine vertical votes for Cubism")  # numbers of channels, all layers

What a word means is defined once, here; the page's sentences use the same bounds.
"""

import re
from collections.abc import Sequence

import numpy as np

from app.errors import UserError
from app.serving.dictionary import Dictionary
from app.translation import gettext as _

SELECTIVE = 0.3
"""Least selectivity of a channel that has a direction."""

FINE, COARSE = 8.0, 24.0
"""Pixels, of 192, from stripe to stripe, below and above which stripes are so called."""

COLOURFUL, COLOURLESS = 0.6, 0.4
"""Colourfulness from which on, and up to which, a channel is so called: half as much again to the
one as to the other."""

SPARSE = 0.65
"""Share of silent cells from which on a channel is so called."""

DIRECTIONS = ("horizontal", "rising", "vertical", "falling")
"""In steps of 45 degrees."""

BY_NUMBER, BY_DIRECTION, BY_FINENESS, BY_COLOUR = (
    "by number",
    "by direction",
    "finest first",
    "most colourful first",
)

Mask = np.ndarray
"""Bool [C], over the channels of all layers."""


def direction_name(orientation: float) -> str:
    """The nearest of DIRECTIONS to an angle in degrees."""
    return DIRECTIONS[round(orientation / 45) % len(DIRECTIONS)]


def search(dictionary: Dictionary, words: str, *, layer: str = "", order: str = "") -> np.ndarray:
    """Numbers of the channels that match every word, int [n].

    Args:
        dictionary: whose channels.
        words: such as "fine vertical", "votes for Cubism", "17" or "conv4_block24". None finds all.
        layer: only there, if it is given.
        order: one of `orders`, or by number.

    Raises:
        UserError: there is a word that means nothing here; the sentence says which do.
        KeyError: there is no such layer or order.
    """
    found = _find(dictionary, words)
    if layer:
        channels = dictionary.layer_slice(layer)
        found[: channels.start] = found[channels.stop :] = False
    return _sort(dictionary, np.flatnonzero(found), order)


def _find(dictionary: Dictionary, words: str) -> Mask:
    """Channels that match every word.

    "for" and "against" say what a movement's name is about, and "no" or "not" negates the next
    word. Stop words are ignored.

    Raises:
        UserError: there is a word that means nothing here; the sentence says which do.
    """
    meanings = _meanings(dictionary)
    movements = {name.casefold(): index for index, name in enumerate(dictionary.movements)}
    found = np.ones(len(dictionary), bool)
    against = negated = False
    for word in re.findall(r"[\w/-]+", words.casefold()):
        if word in ("for", "against"):
            against = word == "against"
        elif word in ("no", "not"):
            negated = not negated
        elif word not in _STOP_WORDS:
            if word in movements:
                matches = _votes(dictionary, movements[word], against=against)
            elif word.isdecimal():
                matches = _channels(dictionary, int(word))
            elif word in meanings:
                matches = meanings[word]
            else:
                raise UserError(_unknown(dictionary, word))
            found &= ~matches if negated else matches
            negated = False
    return found


def orders(movements: Sequence[str]) -> tuple[str, ...]:
    """What channels can be sorted by, with these movements."""
    votes = (f"votes {side} {name}" for side in ("for", "against") for name in movements)
    return (BY_NUMBER, BY_DIRECTION, BY_FINENESS, BY_COLOUR, *votes)


def _sort(dictionary: Dictionary, numbers: np.ndarray, order: str) -> np.ndarray:
    """Sort channels; those that have no such property come last.

    Args:
        dictionary: whose channels.
        numbers: of the channels, int [n], ascending.
        order: one of `orders`, or nothing.

    Raises:
        KeyError: there is no such order.
    """
    known = orders(dictionary.movements)
    if order not in ("", *known):
        raise KeyError(f"There is no order {order!r}; ask for {', '.join(known)}.")
    if order in ("", BY_NUMBER):
        return numbers
    keys = _sort_key(dictionary, order)[numbers]
    return numbers[np.argsort(keys, kind="stable")]


def _sort_key(dictionary: Dictionary, order: str) -> np.ndarray:
    """What is smallest for the first, float [C]."""
    columns, unresponsive = dictionary.columns, ~dictionary.responsive
    if order == BY_DIRECTION:
        undirected = unresponsive | (columns["selectivity"] < SELECTIVE)
        return np.where(undirected, np.inf, columns["orientation"])
    if order == BY_FINENESS:
        return np.where(unresponsive, np.inf, -columns["frequency"])
    if order == BY_COLOUR:
        return np.where(unresponsive, np.inf, -columns["colourfulness"])
    side, name = order.split(" ", 2)[1:]
    votes = columns["votes"][:, dictionary.movements.index(name)]
    return -votes if side == "for" else votes


# So that "votes for Cubism", "answers to fine vertical stripes" and the like can be written.
_STOP_WORDS = frozenset(
    (
        *("a", "an", "and", "answers", "channel", "channels", "in", "layer", "mostly", "of"),
        *("that", "the", "to", "very", "vote", "votes", "which", "with"),
    )
)

_SPELLINGS = {
    **dict.fromkeys(("colorful", "colour", "color", "coloured", "colored"), "colourful"),
    **dict.fromkeys(("green", "red-green"), "red"),
    **dict.fromkeys(("yellow", "blue-yellow"), "blue"),
    **dict.fromkeys(("stripe", "grating", "gratings"), "stripes"),
    "gray": "grey",
}


def _meanings(dictionary: Dictionary) -> dict[str, Mask]:
    """The channels that each word matches, but for numbers and movements."""
    columns, responsive = dictionary.columns, dictionary.responsive
    directed = responsive & (columns["selectivity"] >= SELECTIVE)
    sector = np.rint(columns["orientation"] / 45).astype(int) % len(DIRECTIONS)
    distance = 1 / np.maximum(columns["frequency"], 1e-6)
    colour = columns["colourfulness"]
    hues = {name: responsive & (columns["hue"] == i) for i, name in enumerate(dictionary.hues)}
    words = {name: directed & (sector == index) for index, name in enumerate(DIRECTIONS)} | {
        "diagonal": directed & (sector % 2 == 1),
        "oriented": directed,
        "stripes": responsive,
        "fine": responsive & (distance < FINE),
        "medium": responsive & (distance >= FINE) & (distance <= COARSE),
        "coarse": responsive & (distance > COARSE),
        "colourful": responsive & (colour >= COLOURFUL),
        "grey": responsive & (colour <= COLOURLESS),
        "red": hues["red-green"],
        "blue": hues["blue-yellow"],
        "sparse": columns["sparsity"] >= SPARSE,
    }
    words |= {other: words[word] for other, word in _SPELLINGS.items()}
    return words | {name.casefold(): _layer(dictionary, name) for name in dictionary.layers}


def _layer(dictionary: Dictionary, name: str) -> Mask:
    found = np.zeros(len(dictionary), bool)
    found[dictionary.layer_slice(name)] = True
    return found


def _channels(dictionary: Dictionary, channel: int) -> Mask:
    """The channel of that number in every layer that has one."""
    found = np.zeros(len(dictionary), bool)
    for layer, channels in dictionary.layers.items():
        if channel < channels:
            found[dictionary.number(layer, channel)] = True
    return found


def _votes(dictionary: Dictionary, movement: int, *, against: bool) -> Mask:
    """Channels that vote for, or against, this movement more than any other."""
    votes = dictionary.columns["votes"]
    return (votes.argmin(1) if against else votes.argmax(1)) == movement


def _unknown(dictionary: Dictionary, word: str) -> str:
    return _(
        "No channel is described by {word!r}; try horizontal, vertical, rising, falling, diagonal,"
        " fine, medium, coarse, colourful, grey, red, blue, sparse, stripes, votes for or against"
        " {movements}, a layer such as {layer}, or the number of a channel."
    ).format(
        word=word,
        movements=", ".join(dictionary.movements),
        layer=next(iter(dictionary.layers)),
    )
