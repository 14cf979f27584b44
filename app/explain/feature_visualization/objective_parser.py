"""What a picture shall please, as a person writes it. Torch-free.

conv4_block24:17                     a channel
conv4_block24:17@0,-1                one cell of it: right of the middle, below the middle
Cubism                               a movement
conv4_block24:17 + 0.5*Cubism - conv3_block12:4
conv4_block24:17 * conv4_block24:90  both at once
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import UserError
from training.common.depths import CHANNELS, LAYERS

LONGEST = 200
"""Characters of a wish; also bounds how many terms it can have."""

LEAST, MOST = 0.001, 100.0
"""Weight of a term, without its sign."""

_EXAMPLE = "write for example conv4_block24:17 + 0.5*Cubism."
_STRIDES = {layer: 4 * 2**block for block, layer in enumerate(LAYERS)}
_PIECE = re.compile(
    r"\s*(?:(?P<target>[A-Za-z]\w*(?::\d+(?:@-?\d+,-?\d+)?)?)|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<sign>[-+*]))",
    re.ASCII,
)


@dataclass(frozen=True)
class Channel:
    """A channel of one of LAYERS.

    Attributes:
        layer: its name.
        number: of the channel.
        cell: one place of the channel's map, cells right of the middle and below it; None for the
            mean of all.
    """

    layer: str
    number: int
    cell: tuple[int, int] | None = None

    def __str__(self) -> str:
        place = "" if self.cell is None else f"@{self.cell[0]},{self.cell[1]}"
        return f"{self.layer}:{self.number}{place}"


@dataclass(frozen=True)
class Movement:
    """One of the network's movements, by its number and name."""

    number: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Term:
    """Some channels and movements multiplied, and a weight."""

    weight: float
    factors: tuple[Channel | Movement, ...]

    def __str__(self) -> str:
        weight = [] if abs(self.weight) == 1 else [f"{abs(self.weight):g}"]
        return "*".join([*weight, *map(str, self.factors)])


@dataclass(frozen=True)
class ObjectiveExpression:
    """A sum of terms; as a text it is what `parse` reads."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        first, *others = self.terms
        signed = [f" {'-' if term.weight < 0 else '+'} {term}" for term in others]
        return f"{'-' if first.weight < 0 else ''}{first}{''.join(signed)}"

    @property
    def channels(self) -> list[Channel]:
        """All that are in it."""
        return [x for term in self.terms for x in term.factors if isinstance(x, Channel)]

    @property
    def movements(self) -> list[Movement]:
        """All that are in it."""
        return [x for term in self.terms for x in term.factors if isinstance(x, Movement)]

    @property
    def channel(self) -> Channel | None:
        """The channel, if it is nothing but one whole channel."""
        alone = len(self.terms) == 1 and self.terms[0].weight == 1
        if alone and len(self.terms[0].factors) == 1 and self.channels:
            return self.channels[0] if self.channels[0].cell is None else None
        return None

    def check(self, size: int) -> None:
        """Whether all its cells are on a canvas.

        Args:
            size: side of the canvas in pixels.

        Raises:
            UserError: one is beyond it.
        """
        for channel in self.channels:
            cells = size // _STRIDES[channel.layer]
            least, most = -(cells // 2), cells - cells // 2 - 1
            if channel.cell and not all(least <= place <= most for place in channel.cell):
                raise UserError(
                    f"A map of {channel.layer} has {cells} x {cells} cells at {size} pixels, so the"
                    f" places after @ go from {least} to {most}."
                )


def parse(text: str, movements: Sequence[str]) -> ObjectiveExpression:
    """Read a wish.

    Args:
        text: what a person wrote; see the top of this file.
        movements: names of the network's movements, in their order; case does not matter.

    Raises:
        UserError: it is none.
    """
    if not text.strip():
        raise UserError(f"Say what the picture shall please: {_EXAMPLE}")
    if len(text) > LONGEST:
        raise UserError(f"That is too long: use {LONGEST} characters at most.")
    pieces = list(_pieces(text))
    terms, sign, position = [], 1.0, 0
    if pieces[0][1] in "+-":
        sign, position = (-1.0 if pieces[0][1] == "-" else 1.0), 1
    while True:
        term, position = _term(pieces, position, sign, movements)
        terms.append(term)
        if position == len(pieces):
            return ObjectiveExpression(tuple(terms))
        sign, position = (-1.0 if pieces[position][1] == "-" else 1.0), position + 1


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each piece."""
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None or not match.lastgroup:
            rest = text[position:].strip()[:20]
            raise UserError(f"{rest!r} means nothing here; {_EXAMPLE}")
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()


def _term(
    pieces: list[tuple[str, str]], position: int, sign: float, movements: Sequence[str]
) -> tuple[Term, int]:
    """A product, from a position on; and the position after it."""
    weight, factors = sign, []
    while True:
        kind, text = pieces[position] if position < len(pieces) else ("end", "")
        if kind == "number":
            weight *= float(text)
        elif kind == "target":
            factors.append(_target(text, movements))
        else:
            raise UserError(f"A channel, a movement or a number is missing; {_EXAMPLE}")
        position += 1
        if position == len(pieces) or pieces[position][1] in "+-":
            break
        if pieces[position][1] != "*":
            raise UserError(f"A + , - or * is missing before {pieces[position][1]!r}; {_EXAMPLE}")
        position += 1
    if not factors:
        raise UserError(f"A number alone pleases nobody; {_EXAMPLE}")
    if not LEAST <= abs(weight) <= MOST:
        raise UserError(f"Weights must be from {LEAST:g} to {MOST:g}; {_EXAMPLE}")
    return Term(weight, tuple(factors)), position


def _target(text: str, movements: Sequence[str]) -> Channel | Movement:
    layer, colon, rest = text.partition(":")
    if not colon:
        return _movement(text, movements)
    if layer not in CHANNELS:
        raise UserError(f"There is no layer {layer} here; the layers are {', '.join(LAYERS)}.")
    number, at, place = rest.partition("@")
    if int(number) >= CHANNELS[layer]:
        raise UserError(f"{layer} has the channels 0 to {CHANNELS[layer] - 1}, not {number}.")
    if not at:
        return Channel(layer, int(number))
    x, y = map(int, place.split(","))
    return Channel(layer, int(number), (x, y))


def _movement(text: str, movements: Sequence[str]) -> Movement:
    if text in CHANNELS:
        raise UserError(f"Say which channel of {text}, such as {text}:17.")
    names = [name.casefold() for name in movements]
    if text.casefold() not in names:
        known = ", ".join(movements)
        raise UserError(f"There is no movement {text} here; the movements are {known}.")
    number = names.index(text.casefold())
    return Movement(number, movements[number])
