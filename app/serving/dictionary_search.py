"""Finding channels by words, and putting them in order.

What a word holds for is said once, here; the page's own sentences use the same bounds.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.errors import UserError

if TYPE_CHECKING:
    from app.serving.dictionary import Dictionary

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


def direction(orientation: float) -> str:
    """The nearest of DIRECTIONS to an angle in degrees."""
    return DIRECTIONS[round(orientation / 45) % len(DIRECTIONS)]


def find(dictionary: "Dictionary", words: str) -> Mask:
    """Channels that every word holds for.

    "for" and "against" say what a movement's name is about, and "no" or "not" turns the next word
    round. Filling words are passed over.

    Raises:
        UserError: there is a word that means nothing here; the sentence says which do.
    """
    meanings = _meanings(dictionary)
    movements = {name.casefold(): index for index, name in enumerate(dictionary.movements)}
    found = np.ones(len(dictionary), bool)
    against = turned = False
    for word in re.findall(r"[\w/-]+", words.casefold()):
        if word in ("for", "against"):
            against = word == "against"
        elif word in ("no", "not"):
            turned = not turned
        elif word not in _FILLING:
            if word in movements:
                holds = _votes(dictionary, movements[word], against=against)
            elif word.isdecimal():
                holds = _channels(dictionary, int(word))
            elif word in meanings:
                holds = meanings[word]
            else:
                raise UserError(_unknown(dictionary, word))
            found &= ~holds if turned else holds
            turned = False
    return found


def orders(movements: Sequence[str]) -> tuple[str, ...]:
    """What `rank` knows, with these movements."""
    votes = (f"votes {side} {name}" for side in ("for", "against") for name in movements)
    return (BY_NUMBER, BY_DIRECTION, BY_FINENESS, BY_COLOUR, *votes)


def rank(dictionary: "Dictionary", numbers: np.ndarray, order: str) -> np.ndarray:
    """Put channels in order; those that it says nothing of come last.

    Args:
        dictionary: knows them.
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
    keys = _key(dictionary, order)[numbers]
    return numbers[np.argsort(keys, kind="stable")]


def _key(dictionary: "Dictionary", order: str) -> np.ndarray:
    """What is small for the first, float [C]."""
    columns, dumb = dictionary.columns, ~dictionary.answering
    if order == BY_DIRECTION:
        aimless = dumb | (columns["selectivity"] < SELECTIVE)
        return np.where(aimless, np.inf, columns["orientation"])
    if order == BY_FINENESS:
        return np.where(dumb, np.inf, -columns["frequency"])
    if order == BY_COLOUR:
        return np.where(dumb, np.inf, -columns["colourfulness"])
    _, side, name = order.split(" ", 2)
    votes = columns["votes"][:, dictionary.movements.index(name)]
    return -votes if side == "for" else votes


# So that "votes for Cubism", "answers to fine vertical stripes" and the like can be said.
_FILLING = frozenset(
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


def _meanings(dictionary: "Dictionary") -> dict[str, Mask]:
    """What each word holds for, but for numbers and movements."""
    columns, answering = dictionary.columns, dictionary.answering
    aimed = answering & (columns["selectivity"] >= SELECTIVE)
    sector = np.rint(columns["orientation"] / 45).astype(int) % len(DIRECTIONS)
    distance = 1 / np.maximum(columns["frequency"], 1e-6)
    colour = columns["colourfulness"]
    hues = {name: answering & (columns["hue"] == i) for i, name in enumerate(dictionary.hues)}
    words = {name: aimed & (sector == index) for index, name in enumerate(DIRECTIONS)} | {
        "diagonal": aimed & (sector % 2 == 1),
        "oriented": aimed,
        "stripes": answering,
        "fine": answering & (distance < FINE),
        "medium": answering & (distance >= FINE) & (distance <= COARSE),
        "coarse": answering & (distance > COARSE),
        "colourful": answering & (colour >= COLOURFUL),
        "grey": answering & (colour <= COLOURLESS),
        "red": hues["red-green"],
        "blue": hues["blue-yellow"],
        "sparse": columns["sparsity"] >= SPARSE,
    }
    words |= {other: words[word] for other, word in _SPELLINGS.items()}
    return words | {name.casefold(): _layer(dictionary, name) for name in dictionary.layers}


def _layer(dictionary: "Dictionary", name: str) -> Mask:
    first = dictionary.number(name, 0)
    numbers = np.arange(len(dictionary))
    return (numbers >= first) & (numbers < first + dictionary.layers[name])


def _channels(dictionary: "Dictionary", channel: int) -> Mask:
    """The channel of that number in every layer that has one."""
    found = np.zeros(len(dictionary), bool)
    for layer, channels in dictionary.layers.items():
        if channel < channels:
            found[dictionary.number(layer, channel)] = True
    return found


def _votes(dictionary: "Dictionary", movement: int, *, against: bool) -> Mask:
    """Channels that speak for, or against, this movement more than for any other."""
    votes = dictionary.columns["votes"]
    return (votes.argmin(1) if against else votes.argmax(1)) == movement


def _unknown(dictionary: "Dictionary", word: str) -> str:
    return (
        f"No channel is described by {word!r}; try horizontal, vertical, rising, falling, diagonal,"
        " fine, medium, coarse, colourful, grey, red, blue, sparse, stripes, votes for or against"
        f" {', '.join(dictionary.movements)}, a layer such as {next(iter(dictionary.layers))},"
        " or the number of a channel."
    )
